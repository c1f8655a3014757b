using Microsoft.Extensions.Logging;

namespace TunnelRpc.Logging;

// Decision: docs/adr/0070-logs-of-hostile-peers.md
/// <summary>
/// The log of a server or a client. Every entry passes it: texts in the entry and in its exception are escaped and truncated (<see
/// cref="ForeignText"/>), and entries are limited for each cause and peer (<see cref="LogLimiter"/>). Immutable and thread-safe.
/// </summary>
internal sealed class GuardedLogger : ILogger
{
    private readonly ILogger _inner;
    private readonly LogLimiter? _limiter;
    private readonly string? _peer;

    /// <param name="inner">The application's log.</param>
    /// <param name="limiter">Limits the entries; null for no limit. Not owned.</param>
    public GuardedLogger(ILogger inner, LogLimiter? limiter)
        : this(inner, limiter, null)
    {
    }

    private GuardedLogger(ILogger inner, LogLimiter? limiter, string? peer)
    {
        _inner = inner;
        _limiter = limiter;
        _peer = peer;
    }

    /// <summary>Returns the log for entries that a peer causes.</summary>
    /// <param name="remoteEndPoint">
    /// The peer's address with its port; null if it is unknown: then only the limit of all peers applies.
    /// </param>
    public GuardedLogger ForPeer(string? remoteEndPoint) => new(_inner, _limiter, GetPeer(remoteEndPoint));

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _inner.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => _inner.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!_inner.IsEnabled(logLevel) || _limiter?.TryAcquire(_inner, logLevel, eventId, _peer) == false)
        {
            return;
        }

        Exception? escapedException = EscapedException.Wrap(exception);
        if (EscapedLogState.TryCreate(state, out EscapedLogState? escaped))
        {
            _inner.Log(logLevel, eventId, escaped, escapedException, static (values, _) => values.ToString());
        }
        else
        {
            _inner.Log(logLevel, eventId, state, escapedException, formatter);
        }
    }

    private static string? GetPeer(string? remoteEndPoint) => remoteEndPoint is null
        ? null
        : RemoteAddress.Parse(remoteEndPoint)?.ToString() ?? ForeignText.Escape(remoteEndPoint, 64);
}

using System.Diagnostics;
using TunnelRpc.Gateway.Client.HttpSocks;
using TunnelRpc.Logging;

namespace TunnelRpc.Gateway.HttpSocks;

/// <summary>
/// A byte stream in both directions between a client, which has one request after the other, and the application's handler. It ends when
/// the client deletes it, when no request has arrived for the idle timeout, or with the server. Thread-safe.
/// </summary>
[DebuggerDisplay("session {Number}: up {Upload.End}, down {Download.End}, {Failure}")]
internal sealed class HttpSockSession : IDisposable
{
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _idleTimeout;
    private readonly Action<HttpSockSession> _onExpired;
    private readonly ITimer _idleTimer;

    // Not disposed, because requests may still use its token; it has neither a timer nor a link to another token.
    private readonly CancellationTokenSource _aborted = new();

    // Guards the fields below.
    private readonly Lock _gate = new();

    // The requests that are processed, and the time at which the last of them has ended. The timer is active while there are none.
    private int _requests;
    private long _idleSince;

    // Once set, they stay so.
    private bool _isClosed;
    private string? _failure;

    /// <param name="owner">To whom the session belongs.</param>
    /// <param name="digest">The SHA-256 digest of the session's id.</param>
    /// <param name="number">Names the session in logs.</param>
    /// <param name="options">The options.</param>
    /// <param name="onExpired">Called when the session has had no request for the idle timeout; on a timer's thread.</param>
    public HttpSockSession(
        HttpSockOwner owner, byte[] digest, long number, HttpSockServerOptions options, Action<HttpSockSession> onExpired)
    {
        Owner = owner;
        Digest = digest;
        Number = number;
        _timeProvider = options.TimeProvider;
        _idleTimeout = options.IdleTimeout;
        _onExpired = onExpired;
        Upload = new OffsetBuffer(options.BufferSize);
        Download = new OffsetBuffer(options.BufferSize);
        Stream = new OffsetStream(Upload, Download, CompleteDownload);
        _idleSince = _timeProvider.GetTimestamp();
        _idleTimer = _timeProvider.CreateTimer(static s => ((HttpSockSession)s!).OnIdle(), this, _idleTimeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>To whom the session belongs.</summary>
    public HttpSockOwner Owner { get; }

    /// <summary>The digest of the session's id. The id itself is not kept.</summary>
    public byte[] Digest { get; }

    /// <summary>Names the session in logs. It gives no access.</summary>
    public long Number { get; }

    /// <summary>What the client has sent and the application has not read.</summary>
    public OffsetBuffer Upload { get; }

    /// <summary>What the application has written and the client has not acknowledged.</summary>
    public OffsetBuffer Download { get; }

    /// <summary>The application's end of the stream.</summary>
    public Stream Stream { get; }

    /// <summary>Admits one PUT at a time.</summary>
    public RequestSlot Puts { get; } = new();

    /// <summary>Admits one GET at a time.</summary>
    public RequestSlot Gets { get; } = new();

    /// <summary>Cancelled when the stream is broken: by the idle timeout, a failure or the end of the server.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>Why the stream is broken; null if it is not.</summary>
    public string? Failure
    {
        get
        {
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>Starts a request. The caller calls <see cref="EndRequest"/> once if this returns true.</summary>
    /// <returns>False if the session has been closed: it is unknown then.</returns>
    public bool TryStartRequest()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _requests++;
            _idleTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    /// <summary>Ends a request. The idle timeout starts with the end of the last one.</summary>
    public void EndRequest()
    {
        lock (_gate)
        {
            _requests--;
            if (_requests == 0)
            {
                _idleSince = _timeProvider.GetTimestamp();
                _idleTimer.Change(_idleTimeout, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>
    /// The client has closed the session: the application reads what has been received, and cannot write. If its handler does not end
    /// within the idle timeout, its token is cancelled.
    /// </summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        Upload.Complete();
        Download.Fail(new IOException("The client has closed the session."));
        Download.Discard();
    }

    /// <summary>Breaks the stream.</summary>
    /// <param name="reason">Why, as one sentence: for the client and the application.</param>
    public void Abort(string reason)
    {
        lock (_gate)
        {
            _failure ??= reason;
        }

        var error = new IOException(reason);
        Upload.Fail(error);
        Upload.Discard();
        Download.Fail(error);
        Download.Discard();

        // The callbacks are the application's: they run on the thread pool, and their exceptions have no effect here.
        _ = _aborted.CancelAsync();
    }

    /// <summary>Runs the handler; never throws. Then the stream to the client ends, or breaks if the handler has failed.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="logger">Receives the failure.</param>
    public async Task RunAsync(Func<CancellationToken, Task> handler, GuardedLogger logger)
    {
        try
        {
            await handler(Aborted).ConfigureAwait(false);

            // In this order, so that a client that has seen the end of the stream gets no bytes accepted any more.
            Upload.Fail(new IOException("The application has ended the stream."));
            Upload.Discard();
            Download.Complete();
        }
        catch (Exception failed)
        {
            if (!IsClosedOrBroken())
            {
                HttpSockLog.HandlerFailed(logger, failed, Number);
            }

            Abort("The application has ended the stream with an error.");
        }
    }

    /// <summary>Stops the timer. Called when the session has been removed and its handler has ended.</summary>
    public void Dispose() => _idleTimer.Dispose();

    private bool IsClosedOrBroken()
    {
        lock (_gate)
        {
            return _isClosed || _failure is not null;
        }
    }

    private Task CompleteDownload()
    {
        Download.Complete();
        return Task.CompletedTask;
    }

    private void OnIdle()
    {
        lock (_gate)
        {
            // A request may have started, or have come and ended, since the timer was due.
            if (_requests > 0 || _timeProvider.GetElapsedTime(_idleSince) < _idleTimeout)
            {
                return;
            }

            _isClosed = true;
        }

        _onExpired(this);
        Abort("The session has expired: no request has arrived for the idle timeout.");
    }
}

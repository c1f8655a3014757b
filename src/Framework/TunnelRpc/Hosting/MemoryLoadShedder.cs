using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Hosting;

/// <summary>
/// Sheds load to keep the memory of a server's sessions below <see cref="TunnelServerLimits.MaxTotalBufferedBytes"/>: it refuses new
/// sessions near the limit, and above the limit aborts the sessions that have been inactive for the longest. Thread-safe. At most one sweep
/// runs at a time, on the thread pool.
/// </summary>
/// <remarks>
/// The memory of an aborted session is released when its path has stopped and its calls have ended. The sweep counts it as released at
/// once, so that it does not abort further sessions for the same bytes.
/// </remarks>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable",
    Justification = "It is disposed asynchronously.")]
internal sealed class MemoryLoadShedder : IAsyncDisposable
{
    private readonly Func<IEnumerable<ServerSession>> _sessions;
    private readonly ServerMetrics _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();

    // Accessed by the sweep only. Sessions that were aborted and of which something still runs.
    private readonly List<ServerSession> _abortedSessions = [];

    // Guarded by _gate.
    private Task _sweep = Task.CompletedTask;
    private bool _isDisposed;

    // Set when the limit is exceeded. Cleared before a sweep reads the accounted bytes, so that a later excess starts another sweep.
    private volatile bool _isSweepRequested;

    /// <param name="options">The options of the server.</param>
    /// <param name="sessions">Returns the sessions of the server. Called by each sweep.</param>
    /// <param name="metrics">Counts refused and aborted sessions.</param>
    /// <param name="logger">The server's log.</param>
    public MemoryLoadShedder(TunnelServerOptions options, Func<IEnumerable<ServerSession>> sessions, ServerMetrics metrics, ILogger logger)
    {
        Budget = new MemoryBudget(options.Limits.MaxTotalBufferedBytes, RequestSweep);
        _sessions = sessions;
        _metrics = metrics;
        _timeProvider = options.TimeProvider;
        _logger = logger;
    }

    /// <summary>The accounted bytes of all sessions.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>Refuses a new session near the limit.</summary>
    /// <exception cref="TunnelException">The accounted bytes are three quarters of the limit or more.</exception>
    public void ThrowIfNearLimit()
    {
        if (Budget.IsNearLimit)
        {
            _metrics.OnSessionRefused(nameof(TunnelServerLimits.MaxTotalBufferedBytes));
            throw new TunnelException(
                TunnelStatus.ResourceExhausted,
                $"The server's sessions use {Budget.AccountedBytes} bytes of memory. "
                + $"The server refuses new sessions from three quarters of {Budget.LimitBytes} on (limit MaxTotalBufferedBytes). "
                + "Retry later or use another address.");
        }
    }

    /// <summary>Starts no further sweep and waits for the one that runs.</summary>
    public async ValueTask DisposeAsync()
    {
        Task last;
        lock (_gate)
        {
            _isDisposed = true;
            last = _sweep;
        }

        await last.ConfigureAwait(false);
    }

    /// <summary>
    /// Starts a sweep unless one is requested. Called by the budget above the limit: often, and while bytes are sent and received.
    /// </summary>
    private void RequestSweep()
    {
        if (_isSweepRequested)
        {
            return;
        }

        _isSweepRequested = true;
        lock (_gate)
        {
            if (!_isDisposed && _sweep.IsCompleted)
            {
                _sweep = Task.Run(RunRequestedSweeps);
            }
        }
    }

    private void RunRequestedSweeps()
    {
        while (true)
        {
            _isSweepRequested = false;
            try
            {
                Sweep();
            }
            catch (Exception defect)
            {
                // Aborting a session calls its transport, which may be the application's and throw. The next sweep must still run.
                HostingLog.SweepFailed(_logger, defect);
            }

            // A request before this lock is seen here; a request after it finds _sweep completed and starts another one.
            lock (_gate)
            {
                if (!_isSweepRequested || _isDisposed)
                {
                    _sweep = Task.CompletedTask;
                    return;
                }
            }
        }
    }

    private void Sweep()
    {
        if (GetExcessBytes(Budget.LimitBytes) <= 0)
        {
            return;
        }

        ServerSession[] sessions = [.. _sessions()];

        // Half of the average. At least one session uses the average or more, so at least one session is a candidate.
        long minimumBytes = Math.Max(1, Budget.AccountedBytes / (2 * Math.Max(1, sessions.Length)));
        IEnumerable<ServerSession> candidates = sessions
            .Where(s => s.Session.Memory.AccountedBytes >= minimumBytes)
            .OrderBy(s => s.Session.LastActivityTimestamp);
        foreach (ServerSession session in candidates)
        {
            if (GetExcessBytes(Budget.SheddingTargetBytes) <= 0)
            {
                return;
            }

            AbortSession(session);
        }
    }

    private void AbortSession(ServerSession registered)
    {
        TunnelSession session = registered.Session;
        long bytes = session.Memory.AccountedBytes;
        TimeSpan inactivity = _timeProvider.GetElapsedTime(session.LastActivityTimestamp);
        var reason = new TunnelException(
            TunnelStatus.ResourceExhausted,
            $"The server's sessions use more than {Budget.LimitBytes} bytes of memory (limit MaxTotalBufferedBytes). "
            + $"The server aborted this session, which used {bytes} bytes and had been inactive for {inactivity.TotalSeconds:0.0} s.");
        if (session.TryAbort(reason))
        {
            _abortedSessions.Add(registered);
            _metrics.OnSessionAborted();
            HostingLog.SessionAborted(_logger, registered.Info.Id, bytes, inactivity, reason.Message);
        }
    }

    /// <summary>The accounted bytes above <paramref name="limit"/>, without those of sessions that were aborted already.</summary>
    private long GetExcessBytes(long limit)
    {
        _abortedSessions.RemoveAll(session => session.Peer.Completion.IsCompleted);
        return Budget.AccountedBytes - _abortedSessions.Sum(session => session.Session.Memory.AccountedBytes) - limit;
    }
}

using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Hosting;

/// <summary>
/// Keeps what a server's sessions hold below <see cref="TunnelLimits.MaxTotalBufferedBytes"/>: refuses new ones in time, and ends those that were
/// not heard of for the longest when that is not enough. Thread-safe; one sweep at a time, on the thread pool.
/// </summary>
/// <remarks>
/// What an ended session held is given back when its path has stopped and its calls have ended, which takes as long as they do. It counts as
/// given back at once, so that nobody is ended for it.
/// </remarks>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "It is disposed asynchronously.")]
internal sealed class MemoryLoadShedder : IAsyncDisposable
{
    private readonly Func<IEnumerable<ServerSession>> _sessions;
    private readonly ServerMetrics _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();

    // The sweep's: sessions that were ended, and hold something still.
    private readonly List<ServerSession> _abortedSessions = [];

    // Guarded by _gate.
    private Task _sweep = Task.CompletedTask;
    private bool _isDisposed;

    // Set by those who find the ceiling exceeded, cleared before the sweep looks.
    private volatile bool _isSweepRequested;

    public MemoryLoadShedder(TunnelOptions options, Func<IEnumerable<ServerSession>> sessions, ServerMetrics metrics, ILogger logger)
    {
        Budget = new MemoryBudget(options.Limits.MaxTotalBufferedBytes, RequestSweep);
        _sessions = sessions;
        _metrics = metrics;
        _timeProvider = options.TimeProvider;
        _logger = logger;
    }

    public MemoryBudget Budget { get; }

    /// <exception cref="TunnelException">So much is held that no new session should begin.</exception>
    public void ThrowIfNearLimit()
    {
        if (Budget.IsNearLimit)
        {
            _metrics.OnSessionRefused(nameof(TunnelLimits.MaxTotalBufferedBytes));
            throw new TunnelException(
                TunnelStatus.ResourceExhausted,
                $"Its sessions hold {Budget.AccountedBytes} bytes: from three quarters of {Budget.LimitBytes} on (limit MaxTotalBufferedBytes) it takes no new ones.");
        }
    }

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

    /// <summary>By whoever has made the sum exceed the ceiling: often, and in the middle of sending or receiving.</summary>
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
                // A transport may be anybody's: the next sweep goes on.
                HostingLog.SweepFailed(_logger, defect);
            }

            // Whoever asks from here on finds the sweep over, or is seen.
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

        // Someone holds at least the average: there is always somebody to end who is worth it.
        long worth = Math.Max(1, Budget.AccountedBytes / (2 * Math.Max(1, sessions.Length)));
        foreach (ServerSession session in sessions.Where(s => s.Peer.Session.Memory.AccountedBytes >= worth).OrderBy(s => s.Peer.Session.LastActivityTimestamp))
        {
            if (GetExcessBytes(Budget.SheddingTargetBytes) <= 0)
            {
                return;
            }

            AbortSession(session);
        }
    }

    private void AbortSession(ServerSession session)
    {
        TunnelSession carrier = session.Peer.Session;
        long held = carrier.Memory.AccountedBytes;
        TimeSpan silence = _timeProvider.GetElapsedTime(carrier.LastActivityTimestamp);
        var reason = new TunnelException(
            TunnelStatus.ResourceExhausted,
            $"The server's sessions hold more than {Budget.LimitBytes} bytes (limit MaxTotalBufferedBytes); this one held {held}, and nothing had come of it for {silence.TotalSeconds:0.0} s, so it was ended.");
        if (carrier.TryAbort(reason))
        {
            _abortedSessions.Add(session);
            _metrics.OnSessionAborted();
            HostingLog.SessionAborted(_logger, session.Info.Id, held, silence, reason.Message);
        }
    }

    /// <summary>How much more is held than <paramref name="limit"/>, but for what is about to be given back.</summary>
    private long GetExcessBytes(long limit)
    {
        _abortedSessions.RemoveAll(session => session.Peer.Completion.IsCompleted);
        return Budget.AccountedBytes - _abortedSessions.Sum(session => session.Peer.Session.Memory.AccountedBytes) - limit;
    }
}

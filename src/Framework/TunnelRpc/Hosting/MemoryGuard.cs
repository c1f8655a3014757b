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
internal sealed class MemoryGuard : IAsyncDisposable
{
    private readonly Func<IEnumerable<ServedSession>> _sessions;
    private readonly ServerMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();

    // The sweep's: sessions that were ended, and hold something still.
    private readonly List<ServedSession> _ended = [];

    // Guarded by _gate.
    private Task _sweep = Task.CompletedTask;
    private bool _disposed;

    // Set by those who find the ceiling exceeded, cleared before the sweep looks.
    private volatile bool _requested;

    public MemoryGuard(TunnelOptions options, Func<IEnumerable<ServedSession>> sessions, ServerMetrics metrics, ILogger logger)
    {
        Budget = new MemoryBudget(options.Limits.MaxTotalBufferedBytes, RequestSweep);
        _sessions = sessions;
        _metrics = metrics;
        _clock = options.TimeProvider;
        _logger = logger;
    }

    public MemoryBudget Budget { get; }

    /// <exception cref="TunnelException">So much is held that no new session should begin.</exception>
    public void Admit()
    {
        if (Budget.IsTight)
        {
            _metrics.OnRefused(nameof(TunnelLimits.MaxTotalBufferedBytes));
            throw new TunnelException(
                TunnelStatus.ResourceExhausted,
                $"Its sessions hold {Budget.Held} bytes: from three quarters of {Budget.Ceiling} on (limit MaxTotalBufferedBytes) it takes no new ones.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task last;
        lock (_gate)
        {
            _disposed = true;
            last = _sweep;
        }

        await last.ConfigureAwait(false);
    }

    /// <summary>By whoever has made the sum exceed the ceiling: often, and in the middle of sending or receiving.</summary>
    private void RequestSweep()
    {
        if (_requested)
        {
            return;
        }

        _requested = true;
        lock (_gate)
        {
            if (!_disposed && _sweep.IsCompleted)
            {
                _sweep = Task.Run(SweepAsRequested);
            }
        }
    }

    private void SweepAsRequested()
    {
        while (true)
        {
            _requested = false;
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
                if (!_requested || _disposed)
                {
                    _sweep = Task.CompletedTask;
                    return;
                }
            }
        }
    }

    private void Sweep()
    {
        if (Excess(Budget.Ceiling) <= 0)
        {
            return;
        }

        ServedSession[] sessions = [.. _sessions()];

        // Someone holds at least the average: there is always somebody to end who is worth it.
        long worth = Math.Max(1, Budget.Held / (2 * Math.Max(1, sessions.Length)));
        foreach (ServedSession session in sessions.Where(s => s.Peer.Carrier.Memory.Held >= worth).OrderBy(s => s.Peer.Carrier.ActiveAt))
        {
            if (Excess(Budget.Relaxed) <= 0)
            {
                return;
            }

            Shed(session);
        }
    }

    private void Shed(ServedSession session)
    {
        TunnelSession carrier = session.Peer.Carrier;
        long held = carrier.Memory.Held;
        TimeSpan silence = _clock.GetElapsedTime(carrier.ActiveAt);
        var reason = new TunnelException(
            TunnelStatus.ResourceExhausted,
            $"The server's sessions hold more than {Budget.Ceiling} bytes (limit MaxTotalBufferedBytes); this one held {held}, and nothing had come of it for {silence.TotalSeconds:0.0} s, so it was ended.");
        if (carrier.Shed(reason))
        {
            _ended.Add(session);
            _metrics.OnShed();
            HostingLog.SessionShed(_logger, session.Info.Id, held, silence, reason.Message);
        }
    }

    /// <summary>How much more is held than <paramref name="limit"/>, but for what is about to be given back.</summary>
    private long Excess(long limit)
    {
        _ended.RemoveAll(session => session.Peer.Completion.IsCompleted);
        return Budget.Held - _ended.Sum(session => session.Peer.Carrier.Memory.Held) - limit;
    }
}

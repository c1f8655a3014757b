using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Hosting;

// Decision: docs/adr/0063-charge-what-is-held.md
/// <summary>
/// Sheds load to keep the memory of a server's sessions below <see cref="TunnelServerLimits.MaxTotalBufferedBytes"/>. From three quarters
/// of it on, it aborts sessions, the largest of the largest holder first, and refuses new ones only if there is no large holder. It also
/// aborts the largest sessions of a user or an address above its own limit. Thread-safe. At most one sweep runs at a time, on the thread
/// pool.
/// </summary>
/// <remarks>
/// A holder is a user with all sessions of it, an address with its anonymous sessions, or a session that has neither. A sweep counts the
/// sessions that have not ended. The memory of an aborted session is released when its calls have ended: until then it counts in the budget
/// and for its user and address, but no further session is aborted for it.
/// </remarks>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable",
    Justification = "It is disposed asynchronously.")]
internal sealed class MemoryLoadShedder : IAsyncDisposable
{
    /// <summary>A sweep after which too much memory remains pauses the others for the tenth part of a second.</summary>
    private const int PausesPerSecond = 10;

    private readonly Func<IEnumerable<ServerSession>> _sessions;
    private readonly ServerMetrics _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();

    // Due at the end of a pause in which a sweep was requested.
    private readonly ITimer _pauseEnd;

    // 1 while _pauseEnd is due. Changed atomically.
    private int _isDeferred;

    // Guarded by _gate.
    private Task _sweep = Task.CompletedTask;
    private bool _isDisposed;

    // Set by a sweep after which new sessions are refused near the limit: there was no large holder, or ended sessions hold the
    // memory.
    private volatile bool _isExhausted;

    // Written by the sweep: the timestamp until which sweeps are deferred below the limit, since the last one found nothing more to
    // abort.
    private long _pauseEndTimestamp = long.MinValue;

    // Set when the bytes are near the limit, or a partition exceeds its own. Cleared before a sweep reads the accounted bytes, so that a
    // later excess starts another sweep.
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
        _pauseEnd = _timeProvider.CreateTimer(
            static state => ((MemoryLoadShedder)state!).OnPauseEnded(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The accounted bytes of all sessions.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>
    /// Refuses a new session if the memory is near the limit and there is no large holder to abort. Starts a sweep near the limit.
    /// </summary>
    /// <exception cref="TunnelException">The new session is refused.</exception>
    public void ThrowIfExhausted()
    {
        if (!Budget.IsNearLimit)
        {
            return;
        }

        RequestSweep();
        if (_isExhausted)
        {
            _metrics.OnSessionRefused(nameof(TunnelServerLimits.MaxTotalBufferedBytes));
            throw new TunnelException(
                TunnelStatus.ResourceExhausted,
                $"The server's sessions use {Budget.AccountedBytes} bytes of memory, in many small shares. "
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

        await _pauseEnd.DisposeAsync().ConfigureAwait(false);
        await last.ConfigureAwait(false);
    }

    /// <summary>
    /// Starts a sweep unless one is requested. Called by the budget near the limit, and by partitions above theirs: often, and while bytes
    /// are sent and received. Below the limit, the sweep is deferred for a moment after one that had nothing more to abort: it is not
    /// omitted, as no later bytes may request it.
    /// </summary>
    public void RequestSweep()
    {
        if (_isSweepRequested)
        {
            return;
        }

        long pauseEnd = Volatile.Read(ref _pauseEndTimestamp);
        long now = pauseEnd == long.MinValue ? pauseEnd : _timeProvider.GetTimestamp();
        if (now < pauseEnd && Budget.AccountedBytes < Budget.LimitBytes)
        {
            if (Interlocked.Exchange(ref _isDeferred, 1) == 0)
            {
                _pauseEnd.Change(_timeProvider.GetElapsedTime(now, pauseEnd), Timeout.InfiniteTimeSpan);
            }

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

    private void OnPauseEnded()
    {
        Volatile.Write(ref _isDeferred, 0);
        RequestSweep();
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
        var sweep = new MemorySweep(_sessions(), AbortSession);
        long endedBytes = Budget.AccountedBytes - sweep.LiveBytes;
        sweep.ShedPartitions();
        if (sweep.LiveBytes >= Budget.SheddingThresholdBytes)
        {
            sweep.Shed(Budget.LimitBytes, Budget.SheddingTargetBytes);
        }

        _isExhausted = sweep.LiveBytes >= Budget.SheddingThresholdBytes || endedBytes >= Budget.SheddingThresholdBytes;
        Volatile.Write(
            ref _pauseEndTimestamp,
            _isExhausted || sweep.IsPartitionExhausted
                ? _timeProvider.GetTimestamp() + (_timeProvider.TimestampFrequency / PausesPerSecond)
                : long.MinValue);
    }

    private void AbortSession(ServerSession registered, string limit, string cause)
    {
        TunnelSession session = registered.Session;
        long bytes = session.Memory.AccountedBytes;
        TimeSpan inactivity = _timeProvider.GetElapsedTime(session.LastActivityTimestamp);
        var reason = new TunnelException(
            TunnelStatus.ResourceExhausted, $"{cause} (limit {limit}). The server aborted this session, which used {bytes} bytes.");
        if (session.TryAbort(reason))
        {
            _metrics.OnSessionAborted(limit);
            HostingLog.SessionAborted(_logger, registered.Info.Id, bytes, inactivity, reason.Message);
        }
    }
}

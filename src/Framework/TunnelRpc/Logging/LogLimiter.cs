using Microsoft.Extensions.Logging;

namespace TunnelRpc.Logging;

// Decision: docs/adr/0070-logs-of-hostile-peers.md
/// <summary>
/// Limits the log entries that peers can cause: in an interval of 10 s, 100 entries of one cause for one peer, and 1,000 of one cause for
/// all peers. At the end of the interval, one entry for each cause says how many were suppressed. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock of the intervals.</param>
internal sealed partial class LogLimiter(TimeProvider timeProvider) : IDisposable
{
    /// <summary>The most entries of one cause and one peer in an interval.</summary>
    public const int MaxEntriesPerPeer = 100;

    /// <summary>The most entries of one cause in an interval.</summary>
    public const int MaxEntriesPerCause = 1_000;

    /// <summary>The length of an interval.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();

    // Guarded by _gate: the causes of the current interval, by the name of their event. Their number is that of the log methods.
    private readonly Dictionary<string, Cause> _causes = new(StringComparer.Ordinal);

    // Guarded by _gate: the start of the current interval; the timer that ends it, which runs if an entry was suppressed.
    private long _start = timeProvider.GetTimestamp();
    private ITimer? _timer;
    private bool _isTimerRunning;
    private bool _isDisposed;

    /// <summary>Counts an entry. False if it must not be logged.</summary>
    /// <param name="logger">The log of the entry; it receives the number of suppressed entries.</param>
    /// <param name="level">The level of the entry.</param>
    /// <param name="eventId">The cause.</param>
    /// <param name="peer">The peer; null if only the limit for all peers applies.</param>
    public bool TryAcquire(ILogger logger, LogLevel level, EventId eventId, string? peer)
    {
        List<Cause>? ended = null;
        bool isPermitted;
        lock (_gate)
        {
            if (timeProvider.GetElapsedTime(_start) >= Interval)
            {
                ended = EndIntervalLocked();
            }

            string name = eventId.Name ?? "";
            if (!_causes.TryGetValue(name, out Cause? cause))
            {
                _causes.Add(name, cause = new Cause(logger, level, name));
            }

            isPermitted = cause.TryAcquire(peer);
            if (!isPermitted)
            {
                EnsureTimerRunningLocked();
            }
        }

        Report(ended);
        return isPermitted;
    }

    /// <summary>Logs what was suppressed until now. Entries after it are still limited.</summary>
    public void Dispose()
    {
        List<Cause> ended;
        lock (_gate)
        {
            _isDisposed = true;
            _timer?.Dispose();
            ended = EndIntervalLocked();
        }

        Report(ended);
    }

    private static void Report(List<Cause>? ended)
    {
        foreach (Cause cause in ended ?? [])
        {
            if (cause.Suppressed > 0)
            {
                EntriesSuppressed(cause.Logger, cause.Level, cause.Suppressed, cause.Name, cause.WorstPeer ?? "all peers", Interval);
            }
        }
    }

    [LoggerMessage(
        EventId = 1,
        Message = "{Count} further log entries {Cause} were suppressed; most of them were caused by {Peer}. At most 100 for one peer and "
            + "1,000 for all are logged in {Interval}.")]
    private static partial void EntriesSuppressed(
        ILogger logger, LogLevel level, long count, string cause, string peer, TimeSpan interval);

    private List<Cause> EndIntervalLocked()
    {
        List<Cause> ended = [.. _causes.Values];
        _causes.Clear();
        _start = timeProvider.GetTimestamp();
        _isTimerRunning = false;
        return ended;
    }

    private void EnsureTimerRunningLocked()
    {
        if (_isTimerRunning || _isDisposed)
        {
            return;
        }

        _isTimerRunning = true;
        TimeSpan remaining = Interval - timeProvider.GetElapsedTime(_start);
        TimeSpan due = remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
        if (_timer is not null)
        {
            _timer.Change(due, Timeout.InfiniteTimeSpan);
            return;
        }

        // The timer must not keep the context of the call that happens to be suppressed first.
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = timeProvider.CreateTimer(static limiter => ((LogLimiter)limiter!).OnTimer(), this, due, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        List<Cause>? ended = null;
        lock (_gate)
        {
            // A timer that is late must not end the interval after its own.
            if (_isTimerRunning && !_isDisposed)
            {
                ended = EndIntervalLocked();
            }
        }

        Report(ended);
    }

    /// <summary>The entries of one cause in one interval. Guarded by the lock of the limiter until the interval has ended.</summary>
    private sealed class Cause(ILogger logger, LogLevel level, string name)
    {
        // Peers with at least one entry that was logged: MaxEntriesPerCause at most.
        private readonly Dictionary<string, long> _countByPeer = new(StringComparer.Ordinal);
        private int _logged;

        public ILogger Logger => logger;

        public LogLevel Level => level;

        public string Name => name;

        /// <summary>The number of entries that were not logged.</summary>
        public long Suppressed { get; private set; }

        /// <summary>The peer with the most entries; null if none has more than it may.</summary>
        public string? WorstPeer =>
            _countByPeer.Where(p => p.Value > MaxEntriesPerPeer).OrderByDescending(p => p.Value).FirstOrDefault().Key;

        public bool TryAcquire(string? peer)
        {
            bool isPermitted = _logged < MaxEntriesPerCause;
            if (peer is not null && (isPermitted || _countByPeer.ContainsKey(peer)))
            {
                long count = _countByPeer[peer] = _countByPeer.GetValueOrDefault(peer) + 1;
                isPermitted &= count <= MaxEntriesPerPeer;
            }

            if (isPermitted)
            {
                _logged++;
            }
            else
            {
                Suppressed++;
            }

            return isPermitted;
        }
    }
}

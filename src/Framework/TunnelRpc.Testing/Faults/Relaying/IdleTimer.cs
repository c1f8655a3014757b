namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Closes a connection without traffic. Thread-safe. Disposal ends the watch.</summary>
internal sealed class IdleTimer : IDisposable
{
    private readonly ITimer? _timer;
    private readonly TimeSpan _limit;

    /// <param name="limit">Null: none.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="end">What is closed.</param>
    public IdleTimer(TimeSpan? limit, TimeProvider timeProvider, ConnectionTermination end)
    {
        if (limit is TimeSpan time)
        {
            _limit = time;
            _timer = timeProvider.CreateTimer(static state => ((ConnectionTermination)state!).Close(), end, time, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>There was traffic.</summary>
    public void Restart() => _timer?.Change(_limit, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer?.Dispose();
}

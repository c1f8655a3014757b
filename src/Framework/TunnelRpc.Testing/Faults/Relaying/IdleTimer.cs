namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Closes a connection that has no traffic for a time. Thread-safe. Disposal stops the timer.</summary>
internal sealed class IdleTimer : IDisposable
{
    private readonly ITimer? _timer;
    private readonly TimeSpan _limit;

    /// <summary>Starts the timer.</summary>
    /// <param name="limit">The time without traffic; null for no limit.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="termination">The termination of the connection.</param>
    public IdleTimer(TimeSpan? limit, TimeProvider timeProvider, ConnectionTermination termination)
    {
        if (limit is TimeSpan time)
        {
            _limit = time;
            _timer = timeProvider.CreateTimer(
                static state => ((ConnectionTermination)state!).Close(), termination, time, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Restarts the time after traffic.</summary>
    public void Restart() => _timer?.Change(_limit, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer?.Dispose();
}

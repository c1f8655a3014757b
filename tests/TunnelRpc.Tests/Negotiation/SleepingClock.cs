namespace TunnelRpc.Tests.Negotiation;

/// <summary>
/// The clock of a machine that sleeps: during sleep the wall clock advances, the timestamps and timers do not. Thread-safe.
/// </summary>
internal sealed class SleepingClock(TimeProvider awake) : TimeProvider
{
    private long _sleptTicks;

    public override long TimestampFrequency => awake.TimestampFrequency;

    public void Sleep(TimeSpan time) => Interlocked.Add(ref _sleptTicks, time.Ticks);

    public override DateTimeOffset GetUtcNow() => awake.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _sleptTicks));

    public override long GetTimestamp() => awake.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        awake.CreateTimer(callback, state, dueTime, period);
}

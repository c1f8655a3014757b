using System.Collections.Concurrent;

namespace TunnelRpc.Chaos.Load;

/// <summary>The system's clock, which counts the timers that it creates. Thread-safe.</summary>
internal sealed class TimerCountingTimeProvider : TimeProvider
{
    private readonly ConcurrentDictionary<CountedTimer, string> _activeTimers = new();
    private int _createdTimers;

    /// <summary>The timers that were created and not disposed.</summary>
    public int ActiveTimers => _activeTimers.Count;

    public int CreatedTimers => Volatile.Read(ref _createdTimers);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Increment(ref _createdTimers);
        var counted = new CountedTimer(this);
        _activeTimers[counted] = Environment.StackTrace;
        counted.Timer = System.CreateTimer(callback, state, dueTime, period);
        return counted;
    }

    /// <summary>Returns where the active timers were created: the innermost frames of the product's code.</summary>
    public override string ToString() => string.Join(
        "; ", _activeTimers.Values.Select(Shorten).GroupBy(s => s).Select(g => $"{g.Count()} created by {g.Key}"));

    private static string Shorten(string stack) => string.Join(
        " < ",
        stack.Split('\n')
            .Select(l => l.Trim())
            .Where(l => l.StartsWith("at TunnelRpc.", StringComparison.Ordinal)
                && !l.Contains(nameof(TimerCountingTimeProvider), StringComparison.Ordinal))
            .Take(4)
            .Select(l => l[3..].Split(" in ")[0]));

    private sealed class CountedTimer(TimerCountingTimeProvider owner) : ITimer
    {
        public ITimer Timer { get; set; } = null!;

        public bool Change(TimeSpan dueTime, TimeSpan period) => Timer.Change(dueTime, period);

        public void Dispose()
        {
            owner._activeTimers.TryRemove(this, out _);
            Timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            owner._activeTimers.TryRemove(this, out _);
            return Timer.DisposeAsync();
        }
    }
}

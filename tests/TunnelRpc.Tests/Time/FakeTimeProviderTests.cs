using TunnelRpc.Testing.Time;

namespace TunnelRpc.Tests.Time;

public sealed class FakeTimeProviderTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _fired = [];

    [Fact]
    public void Time_changes_only_by_Advance()
    {
        DateTimeOffset before = _time.GetUtcNow();
        long timestamp = _time.GetTimestamp();

        _time.GetUtcNow().ShouldBe(before);
        _time.Advance(TimeSpan.FromSeconds(90));

        _time.GetUtcNow().ShouldBe(before + TimeSpan.FromSeconds(90));
        _time.GetElapsedTime(timestamp).ShouldBe(TimeSpan.FromSeconds(90));
    }

    [Fact]
    public void Timers_fire_in_the_order_of_their_due_times_and_see_their_due_time()
    {
        DateTimeOffset start = _time.GetUtcNow();
        using ITimer late = Timer("late", 30);
        using ITimer early = Timer("early", 10);
        using ITimer alsoEarly = Timer("also early", 10);

        _time.Advance(TimeSpan.FromSeconds(60));

        _fired.ShouldBe(["early@10", "also early@10", "late@30"]);
        (_time.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void Periodic_timer_fires_once_for_each_elapsed_period()
    {
        using ITimer timer = Timer("tick", 5, 10);

        _time.Advance(TimeSpan.FromSeconds(26));

        _fired.ShouldBe(["tick@5", "tick@15", "tick@25"]);
    }

    [Fact]
    public void Timer_that_is_not_due_does_not_fire()
    {
        using ITimer timer = Timer("tick", 10);

        _time.Advance(TimeSpan.FromSeconds(9.999));

        _fired.ShouldBeEmpty();
        _time.ActiveTimers.ShouldBe(1);
    }

    [Fact]
    public void Timer_with_a_due_time_of_zero_fires_at_an_advance_by_zero()
    {
        using ITimer timer = Timer("now", 0);

        _time.Advance(TimeSpan.Zero);

        _fired.ShouldBe(["now@0"]);
        _time.ActiveTimers.ShouldBe(0);
    }

    [Fact]
    public void Timer_set_by_a_callback_fires_in_the_same_advance_if_it_is_due()
    {
        ITimer? second = null;
        using ITimer first = _time.CreateTimer(_ => second = Timer("second", 5), null, TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan);

        _time.Advance(TimeSpan.FromSeconds(20));

        _fired.ShouldBe(["second@15"]);
        second!.Dispose();
    }

    [Fact]
    public void Disposed_timer_does_not_fire_and_cannot_be_changed()
    {
        ITimer timer = Timer("never", 10);
        timer.Dispose();

        bool changed = timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromSeconds(60));

        changed.ShouldBeFalse();
        _fired.ShouldBeEmpty();
        _time.ActiveTimers.ShouldBe(0);
    }

    [Fact]
    public async Task Timeouts_of_the_platform_use_the_fake_clock()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10), _time);
        Task waiting = new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromSeconds(20), _time);

        _time.Advance(TimeSpan.FromSeconds(10));
        timeout.IsCancellationRequested.ShouldBeTrue();
        waiting.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(10));

        await Should.ThrowAsync<TimeoutException>(waiting);
    }

    [Fact]
    public async Task WhenTimerDueAsync_completes_when_another_thread_sets_a_timer()
    {
        using ITimer far = Timer("far", 100);
        Task due = _time.WhenTimerDueAsync(TimeSpan.FromSeconds(10));
        due.IsCompleted.ShouldBeFalse();

        using ITimer near = await Task.Run(() => Timer("near", 10));

        await due.WaitAsync(TimeSpan.FromSeconds(30));
        _time.WhenTimerDueAsync(TimeSpan.FromSeconds(10)).IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void Advance_by_a_negative_time_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => _time.Advance(TimeSpan.FromTicks(-1)));
    }

    private ITimer Timer(string name, double dueSeconds, double? periodSeconds = null)
    {
        long start = new FakeTimeProvider().GetTimestamp();
        return _time.CreateTimer(
            _ => _fired.Add($"{name}@{_time.GetElapsedTime(start).TotalSeconds}"),
            null,
            TimeSpan.FromSeconds(dueSeconds),
            periodSeconds is null ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(periodSeconds.Value));
    }
}

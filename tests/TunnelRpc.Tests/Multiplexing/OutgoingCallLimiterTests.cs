using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class OutgoingCallLimiterTests
{
    private readonly OutgoingCallLimiter _limiter = new(2);
    private OutgoingCallLimiter.Permit _first;
    private OutgoingCallLimiter.Permit _second;

    [Fact]
    public void TryAcquire_at_the_limit_fails()
    {
        _limiter.TryAcquire(isOneWay: false, out _first).ShouldBeTrue();
        _limiter.TryAcquire(isOneWay: false, out _second).ShouldBeTrue();

        _limiter.TryAcquire(isOneWay: false, out OutgoingCallLimiter.Permit third).ShouldBeFalse();
        third.Dispose();

        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public void TryAcquireNested_has_as_many_permits_again()
    {
        AcquireAll();
        _limiter.TryAcquireNested(out OutgoingCallLimiter.Permit third).ShouldBeTrue();
        _limiter.TryAcquireNested(out OutgoingCallLimiter.Permit fourth).ShouldBeTrue();

        _limiter.TryAcquireNested(out _).ShouldBeFalse();
        third.Dispose();
        fourth.Dispose();

        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public void Permit_disposed_twice_is_released_once()
    {
        AcquireAll();

        _first.Dispose();
        _first.Dispose();

        _limiter.AcquiredCount.ShouldBe(1);
    }

    [Fact]
    public async Task Permit_disposed_by_many_threads_is_released_once()
    {
        for (int i = 0; i < 200; i++)
        {
            AcquireAll();

            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => _first.Dispose()))).DefaultTimeout();

            _limiter.AcquiredCount.ShouldBe(1);
            _second.Dispose();
        }
    }

    [Fact]
    public async Task Waiters_acquire_in_order_as_permits_are_released()
    {
        AcquireAll();
        Task first = Acquire();
        Task second = Acquire();

        _first.Dispose();
        await first.DefaultTimeout();
        second.IsCompleted.ShouldBeFalse();
        _second.Dispose();

        await second.DefaultTimeout();
        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public async Task Cancelled_wait_is_skipped_by_the_next_release()
    {
        AcquireAll();
        using var cancellation = new CancellationTokenSource();
        Task first = Acquire(cancellation.Token);
        Task second = Acquire();

        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first.DefaultTimeout());
        _first.Dispose();

        await second.DefaultTimeout();
        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public async Task Cancelled_waits_leave_the_queue_and_hold_no_permit()
    {
        AcquireAll();
        using var cancellation = new CancellationTokenSource();
        Task[] waits = [.. Enumerable.Range(0, 100).Select(i =>
            _limiter.AcquireAsync(CallAffinity.AnySession, isOneWay: i % 2 == 0, cancellation.Token).AsTask())];
        _limiter.WaiterCount.ShouldBe(100);

        await cancellation.CancelAsync();

        await Task.WhenAll(waits.Select(wait => Should.ThrowAsync<OperationCanceledException>(wait.DefaultTimeout())));
        (_limiter.WaiterCount, _limiter.AcquiredCount, _limiter.ReplyExpectedCount).ShouldBe((0, 2, 2));
        _first.Dispose();
        _second.Dispose();
        _limiter.AcquiredCount.ShouldBe(0);
    }

    [Fact]
    public async Task Wait_cancelled_as_it_is_woken_passes_the_permit_on()
    {
        for (int i = 0; i < 500; i++)
        {
            var limiter = new OutgoingCallLimiter(1);
            limiter.TryAcquire(isOneWay: false, out OutgoingCallLimiter.Permit acquired).ShouldBeTrue();
            using var cancellation = new CancellationTokenSource();
            Task<OutgoingCallLimiter.Permit> first = limiter
                .AcquireAsync(CallAffinity.AnySession, isOneWay: false, cancellation.Token).AsTask();
            Task<OutgoingCallLimiter.Permit> second = limiter.AcquireAsync(CallAffinity.AnySession, isOneWay: false, default).AsTask();

            Task release = Task.Run(() => acquired.Dispose());
            Task cancel = Task.Run(cancellation.Cancel);
            await Task.WhenAll(release, cancel).DefaultTimeout();
            try
            {
                OutgoingCallLimiter.Permit permit = await first.DefaultTimeout();
                permit.Dispose();
            }
            catch (OperationCanceledException)
            {
                // Either result is right, as long as the second waiter gets a permit.
            }

            await second.DefaultTimeout();
            limiter.AcquiredCount.ShouldBe(1);
        }
    }

    [Fact]
    public async Task Many_threads_never_exceed_the_limit_and_all_get_a_permit()
    {
        var limiter = new OutgoingCallLimiter(3);
        int running = 0;
        int most = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                using OutgoingCallLimiter.Permit permit = await limiter.AcquireAsync(CallAffinity.AnySession, isOneWay: false, default);
                int now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref running);
            }
        }))).DefaultTimeout();

        most.ShouldBeInRange(1, 3);
        limiter.AcquiredCount.ShouldBe(0);
    }

    [Fact]
    public async Task Fail_fails_waiting_and_later_calls()
    {
        AcquireAll();
        Task waiting = Acquire();

        _limiter.Fail(new TunnelException(TunnelStatus.Unavailable, "It is over."));

        (await Should.ThrowAsync<TunnelException>(waiting.DefaultTimeout())).Message.ShouldBe("It is over.");
        (await Should.ThrowAsync<TunnelException>(Acquire().DefaultTimeout())).Message.ShouldBe("It is over.");
        (_limiter.AcquiredCount, _limiter.WaiterCount).ShouldBe((2, 0));
    }

    [Fact]
    public async Task Sent_one_way_call_keeps_its_permit_until_the_peer_reports_its_end()
    {
        _limiter.TryAcquire(isOneWay: true, out _first).ShouldBeTrue();
        _limiter.TryAcquire(isOneWay: false, out _second).ShouldBeTrue();
        _first.KeepUntilReported();
        Task waiting = Acquire();

        _first.Dispose();
        (_limiter.AcquiredCount, _limiter.ReplyExpectedCount, waiting.IsCompleted).ShouldBe((2, 1, false));
        _limiter.TryReleaseOneWays(1).ShouldBeTrue();

        await waiting.DefaultTimeout();
        (_limiter.AcquiredCount, _limiter.ReplyExpectedCount).ShouldBe((2, 2));
    }

    [Fact]
    public void Unsent_one_way_call_releases_its_permit_and_cannot_be_reported()
    {
        _limiter.TryAcquire(isOneWay: true, out _first).ShouldBeTrue();

        _first.Dispose();
        _first.KeepUntilReported();

        (_limiter.AcquiredCount, _limiter.ReplyExpectedCount, _limiter.TryReleaseOneWays(1)).ShouldBe((0, 0, false));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(ulong.MaxValue)]
    public void Report_of_more_one_way_calls_than_were_sent_releases_nothing(ulong count)
    {
        _limiter.TryAcquire(isOneWay: true, out _first).ShouldBeTrue();
        _limiter.TryAcquire(isOneWay: true, out _second).ShouldBeTrue();
        _first.KeepUntilReported();
        _second.KeepUntilReported();

        _limiter.TryReleaseOneWays(count).ShouldBeFalse();

        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public void One_way_call_reported_before_it_was_sent_is_released_once()
    {
        // The peer reports a call that it has not received as a whole; the call is cancelled afterwards.
        _limiter.TryAcquire(isOneWay: true, out _first).ShouldBeTrue();
        _limiter.TryReleaseOneWays(1).ShouldBeTrue();

        _first.Dispose();

        (_limiter.AcquiredCount, _limiter.ReplyExpectedCount, _limiter.TryReleaseOneWays(1)).ShouldBe((0, 0, false));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen)
        {
            int previous = Interlocked.CompareExchange(ref target, value, seen);
            if (previous == seen)
            {
                return;
            }

            seen = previous;
        }
    }

    private Task<OutgoingCallLimiter.Permit> Acquire(CancellationToken cancellationToken = default) =>
        _limiter.AcquireAsync(CallAffinity.AnySession, isOneWay: false, cancellationToken).AsTask();

    private void AcquireAll()
    {
        _limiter.TryAcquire(isOneWay: false, out _first).ShouldBeTrue();
        _limiter.TryAcquire(isOneWay: false, out _second).ShouldBeTrue();
    }
}

using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class OutgoingCallLimiterTests
{
    private readonly OutgoingCallLimiter _limiter = Create(2);
    private OutgoingCallLimiter.Permit _first;
    private OutgoingCallLimiter.Permit _second;

    [Fact]
    public void TryAcquire_at_the_limit_fails()
    {
        _limiter.TryAcquire(isOneWay: false, 0, out _first).ShouldBeTrue();
        _limiter.TryAcquire(isOneWay: false, 0, out _second).ShouldBeTrue();

        _limiter.TryAcquire(isOneWay: false, 0, out OutgoingCallLimiter.Permit third).ShouldBeFalse();
        third.Dispose();

        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public async Task Nested_calls_have_as_many_permits_again_and_then_one_of_each_depth_of_a_chain()
    {
        AcquireAll();
        OutgoingCallLimiter.Permit third = await AcquireNested(1, 1).DefaultTimeout();
        OutgoingCallLimiter.Permit fourth = await AcquireNested(1, 1).DefaultTimeout();
        OutgoingCallLimiter.Permit first = await AcquireNested(1, 1).DefaultTimeout();
        Task<OutgoingCallLimiter.Permit> sibling = AcquireNested(1, 1);
        OutgoingCallLimiter.Permit deeper = await AcquireNested(1, 3).DefaultTimeout();
        OutgoingCallLimiter.Permit other = await AcquireNested(2, 1).DefaultTimeout();

        (_limiter.AcquiredCount, _limiter.WaiterCount, sibling.IsCompleted).ShouldBe((7, 1, false));
        first.Dispose();
        sibling.IsCompleted.ShouldBeFalse("a deeper call of its chain runs beyond the limit");
        deeper.Dispose();
        OutgoingCallLimiter.Permit second = await sibling.DefaultTimeout();
        second.Dispose();
        third.Dispose();
        fourth.Dispose();
        other.Dispose();

        (_limiter.AcquiredCount, _limiter.WaiterCount).ShouldBe((2, 0));
    }

    [Fact]
    public async Task Nested_call_that_waits_comes_before_others_when_a_permit_is_free()
    {
        AcquireAll();
        OutgoingCallLimiter.Permit third = await AcquireNested(1, 1).DefaultTimeout();
        OutgoingCallLimiter.Permit fourth = await AcquireNested(1, 1).DefaultTimeout();
        OutgoingCallLimiter.Permit fifth = await AcquireNested(1, 1).DefaultTimeout();
        Task<OutgoingCallLimiter.Permit> outer = Acquire();
        Task<OutgoingCallLimiter.Permit> nested = AcquireNested(1, 1);

        third.Dispose();
        fourth.Dispose();

        OutgoingCallLimiter.Permit admitted = await nested.DefaultTimeout();
        outer.IsCompleted.ShouldBeFalse();
        admitted.Dispose();
        fifth.Dispose();
        _first.Dispose();
        await outer.DefaultTimeout();
        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public async Task Calls_that_are_nested_beyond_every_limit_fail_and_name_it()
    {
        AcquireAll();
        var permits = new List<OutgoingCallLimiter.Permit>();
        for (int depth = 1; _limiter.AcquiredCount < NestedCall.MaxRunning(2); depth++)
        {
            permits.Add(await AcquireNested(1, depth).DefaultTimeout());
        }

        TunnelException error = await Should.ThrowAsync<TunnelException>(AcquireNested(1, 5000).DefaultTimeout());

        (error.Status, error.Outcome).ShouldBe((TunnelStatus.ResourceExhausted, TunnelCallOutcome.NotSent));
        error.Message.ShouldContain("MaxConcurrentCalls");
        error.Message.ShouldContain("nested 5000 deep");
        for (int i = 0; i < permits.Count; i++)
        {
            OutgoingCallLimiter.Permit permit = permits[i];
            permit.Dispose();
        }

        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public async Task Nested_wait_that_is_cancelled_holds_nothing()
    {
        AcquireAll();
        OutgoingCallLimiter.Permit third = await AcquireNested(1, 1).DefaultTimeout();
        OutgoingCallLimiter.Permit fourth = await AcquireNested(1, 1).DefaultTimeout();
        OutgoingCallLimiter.Permit fifth = await AcquireNested(1, 1).DefaultTimeout();
        using var cancellation = new CancellationTokenSource();
        Task waiting = AcquireNested(1, 1, 0, cancellation.Token);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting.DefaultTimeout());
        fifth.Dispose();
        fourth.Dispose();
        third.Dispose();
        (_limiter.AcquiredCount, _limiter.WaiterCount).ShouldBe((2, 0));
    }

    [Fact]
    public async Task Calls_with_large_arguments_wait_for_those_before_them_and_small_ones_pass()
    {
        OutgoingCallLimiter limiter = Create(100, pendingBytes: 5000);
        limiter.TryAcquire(isOneWay: false, 4999, out OutgoingCallLimiter.Permit first).ShouldBeTrue();
        limiter.TryAcquire(isOneWay: false, 1024, out OutgoingCallLimiter.Permit second).ShouldBeTrue("one may exceed the limit");
        limiter.TryAcquire(isOneWay: false, 1024, out _).ShouldBeFalse();
        Task<OutgoingCallLimiter.Permit> third = limiter
            .AcquireAsync(CallAffinity.AnySession, isOneWay: false, 1024, null, default).AsTask();

        limiter.TryAcquire(isOneWay: false, 1023, out OutgoingCallLimiter.Permit small).ShouldBeTrue();
        (third.IsCompleted, limiter.Arguments.AdmittedBytes, limiter.AcquiredCount).ShouldBe((false, 6023, 3));
        first.Dispose();
        OutgoingCallLimiter.Permit admitted = await third.DefaultTimeout();
        admitted.Dispose();
        second.Dispose();
        small.Dispose();

        (limiter.Arguments.AdmittedBytes, limiter.AcquiredCount).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Arguments_of_a_sent_one_way_call_are_held_until_the_peer_reports_them()
    {
        OutgoingCallLimiter limiter = Create(100, pendingBytes: 5000);
        limiter.TryAcquire(isOneWay: true, 5000, out OutgoingCallLimiter.Permit permit).ShouldBeTrue();
        permit.KeepUntilReported();
        Task<OutgoingCallLimiter.Permit> waiting = limiter.AcquireAsync(CallAffinity.AnySession, false, 2000, null, default).AsTask();

        limiter.TryReleaseOneWays(1, 5001).ShouldBeFalse();
        limiter.TryReleaseOneWays(1, 5000).ShouldBeTrue();

        OutgoingCallLimiter.Permit admitted = await waiting.DefaultTimeout();
        admitted.SetMessageSize(3000);
        limiter.Arguments.AdmittedBytes.ShouldBe(3000);
        admitted.Dispose();
        (limiter.Arguments.AdmittedBytes, limiter.AcquiredCount).ShouldBe((0, 0));
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
            _limiter.AcquireAsync(CallAffinity.AnySession, isOneWay: i % 2 == 0, 0, null, cancellation.Token).AsTask())];
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
            var limiter = Create(1);
            limiter.TryAcquire(isOneWay: false, 0, out OutgoingCallLimiter.Permit acquired).ShouldBeTrue();
            using var cancellation = new CancellationTokenSource();
            Task<OutgoingCallLimiter.Permit> first = limiter
                .AcquireAsync(CallAffinity.AnySession, isOneWay: false, 0, null, cancellation.Token).AsTask();
            Task<OutgoingCallLimiter.Permit> second =
                limiter.AcquireAsync(CallAffinity.AnySession, isOneWay: false, 0, null, default).AsTask();

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
        var limiter = Create(3);
        int running = 0;
        int most = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                using OutgoingCallLimiter.Permit permit =
                    await limiter.AcquireAsync(CallAffinity.AnySession, isOneWay: false, 0, null, default);
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
        _limiter.TryAcquire(isOneWay: true, 0, out _first).ShouldBeTrue();
        _limiter.TryAcquire(isOneWay: false, 0, out _second).ShouldBeTrue();
        _first.KeepUntilReported();
        Task waiting = Acquire();

        _first.Dispose();
        (_limiter.AcquiredCount, _limiter.ReplyExpectedCount, waiting.IsCompleted).ShouldBe((2, 1, false));
        _limiter.TryReleaseOneWays(1, 0).ShouldBeTrue();

        await waiting.DefaultTimeout();
        (_limiter.AcquiredCount, _limiter.ReplyExpectedCount).ShouldBe((2, 2));
    }

    [Fact]
    public void Unsent_one_way_call_releases_its_permit_and_cannot_be_reported()
    {
        _limiter.TryAcquire(isOneWay: true, 0, out _first).ShouldBeTrue();

        _first.Dispose();
        _first.KeepUntilReported();

        (_limiter.AcquiredCount, _limiter.ReplyExpectedCount, _limiter.TryReleaseOneWays(1, 0)).ShouldBe((0, 0, false));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(ulong.MaxValue)]
    public void Report_of_more_one_way_calls_than_were_sent_releases_nothing(ulong count)
    {
        _limiter.TryAcquire(isOneWay: true, 0, out _first).ShouldBeTrue();
        _limiter.TryAcquire(isOneWay: true, 0, out _second).ShouldBeTrue();
        _first.KeepUntilReported();
        _second.KeepUntilReported();

        _limiter.TryReleaseOneWays(count, 0).ShouldBeFalse();

        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public void One_way_call_reported_before_it_was_sent_is_released_once()
    {
        // The peer reports a call that it has not received as a whole; the call is cancelled afterwards.
        _limiter.TryAcquire(isOneWay: true, 0, out _first).ShouldBeTrue();
        _limiter.TryReleaseOneWays(1, 0).ShouldBeTrue();

        _first.Dispose();

        (_limiter.AcquiredCount, _limiter.ReplyExpectedCount, _limiter.TryReleaseOneWays(1, 0)).ShouldBe((0, 0, false));
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

    [Fact]
    public async Task Stalled_one_way_calls_of_a_full_side_pass_the_limit_and_fail_beyond_17_times_the_limit()
    {
        IncomingCallLimiter served = CreateServed(limit: 1);
        AcquireAll();
        Task<OutgoingCallLimiter.Permit> plain = Acquire();
        Task<OutgoingCallLimiter.Permit>[] sent = [.. Enumerable.Range(0, 1100).Select(_ => AcquireOneWay(served))];

        // Their side is not full: they wait, as for any slow receiver.
        _limiter.AdmitStalledCalls(() => false);
        sent.ShouldAllBe(call => !call.IsCompleted);

        served.TryAcquire(mayBeNested: false, isOneWay: true, out IncomingCallLimiter.Permit running, out _).ShouldBeTrue();
        _limiter.AdmitStalledCalls(() => false);
        await Task.WhenAll(sent[..64]).DefaultTimeout();
        sent[64].IsCompleted.ShouldBeFalse("64 pass at once");
        for (int i = 0; i < 20; i++)
        {
            _limiter.AdmitStalledCalls(() => false);
        }

        OutgoingCallLimiter.Permit[] admitted = await Task.WhenAll(sent[..1022]).DefaultTimeout();
        admitted.ShouldAllBe(permit => permit.WasStalled);
        foreach (Task<OutgoingCallLimiter.Permit> refused in sent[1022..])
        {
            TunnelException error = await Should.ThrowAsync<TunnelException>(() => refused.DefaultTimeout());
            (error.Status, error.Outcome).ShouldBe((TunnelStatus.ResourceExhausted, TunnelCallOutcome.NotSent));
            error.Message.ShouldContain("limit MaxConcurrentCalls");
            error.Message.ShouldContain("the calls of each side wait");
        }

        (_limiter.AcquiredCount, _limiter.WaiterCount, plain.IsCompleted).ShouldBe((1024, 1, false));
        running.Dispose();
    }

    [Fact]
    public async Task One_way_call_of_a_full_side_comes_first_and_waits_while_calls_end()
    {
        IncomingCallLimiter served = CreateServed(limit: 1);
        served.TryAcquire(mayBeNested: false, isOneWay: false, out IncomingCallLimiter.Permit running, out _).ShouldBeTrue();
        AcquireAll();
        Task<OutgoingCallLimiter.Permit> plain = Acquire();
        Task<OutgoingCallLimiter.Permit> first = AcquireOneWay(served);
        Task<OutgoingCallLimiter.Permit> second = AcquireOneWay(served);

        _first.Dispose();
        (await first.DefaultTimeout()).WasStalled.ShouldBeFalse();
        _limiter.AdmitStalledCalls(() => true);

        (plain.IsCompleted, second.IsCompleted).ShouldBe((false, false), "a call has ended since the last check");
        _limiter.AdmitStalledCalls(() => true);
        (await plain.DefaultTimeout()).WasStalled.ShouldBeTrue();
        (await second.DefaultTimeout()).WasStalled.ShouldBeTrue();
        running.Dispose();
    }

    [Fact]
    public async Task Stalled_call_that_is_cancelled_leaves_no_permit_in_use()
    {
        IncomingCallLimiter served = CreateServed(limit: 1);
        served.TryAcquire(mayBeNested: false, isOneWay: false, out IncomingCallLimiter.Permit running, out _).ShouldBeTrue();
        AcquireAll();
        for (int i = 0; i < 200; i++)
        {
            using var cancellation = new CancellationTokenSource();
            Task<OutgoingCallLimiter.Permit> call = AcquireOneWay(served, cancellation.Token);
            await Task.WhenAll(Task.Run(cancellation.Cancel), Task.Run(() => _limiter.AdmitStalledCalls(() => false)));
            try
            {
                OutgoingCallLimiter.Permit permit = await call.DefaultTimeout();
                permit.Dispose();
            }
            catch (OperationCanceledException)
            {
                // The cancellation came first.
            }
        }

        (_limiter.AcquiredCount, _limiter.WaiterCount).ShouldBe((2, 0));
        running.Dispose();
    }

    private static IncomingCallLimiter CreateServed(int limit) =>
        new(new TunnelLimits { MaxConcurrentCalls = limit }, memory: null, static (_, _) => { });

    private Task<OutgoingCallLimiter.Permit> AcquireOneWay(IncomingCallLimiter served, CancellationToken cancellationToken = default) =>
        _limiter.AcquireAsync(CallAffinity.ThisSession, isOneWay: true, 0, served, cancellationToken).AsTask();

    private Task<OutgoingCallLimiter.Permit> Acquire(CancellationToken cancellationToken = default) =>
        _limiter.AcquireAsync(CallAffinity.AnySession, isOneWay: false, 0, null, cancellationToken).AsTask();

    private Task<OutgoingCallLimiter.Permit> AcquireNested(
        ulong chain, int depth, int bytes = 0, CancellationToken cancellationToken = default) =>
        _limiter.AcquireNestedAsync(new NestedCall(chain, depth), bytes, cancellationToken).AsTask();

    private static OutgoingCallLimiter Create(int limit, int pendingBytes = 1 << 20) =>
        new(new PeerLimits(1 << 18, 1 << 22, limit, 1 << 24, pendingBytes));

    private void AcquireAll()
    {
        _limiter.TryAcquire(isOneWay: false, 0, out _first).ShouldBeTrue();
        _limiter.TryAcquire(isOneWay: false, 0, out _second).ShouldBeTrue();
    }
}

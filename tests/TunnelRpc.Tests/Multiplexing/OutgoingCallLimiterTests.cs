using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class OutgoingCallLimiterTests
{
    private readonly OutgoingCallLimiter _limiter = new(2);

    [Fact]
    public void So_many_enter_and_no_more()
    {
        _limiter.TryAcquire().ShouldBeTrue();
        _limiter.TryAcquire().ShouldBeTrue();

        _limiter.TryAcquire().ShouldBeFalse();

        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public async Task Whoever_waits_enters_in_order_as_others_leave()
    {
        Fill();
        Task first = _limiter.AcquireAsync(CallAffinity.AnySession, default).AsTask();
        Task second = _limiter.AcquireAsync(CallAffinity.AnySession, default).AsTask();

        _limiter.Release();
        await first.DefaultTimeout();
        second.IsCompleted.ShouldBeFalse();
        _limiter.Release();

        await second.DefaultTimeout();
        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public async Task A_waiter_that_gives_up_passes_its_turn_on()
    {
        Fill();
        using var cancellation = new CancellationTokenSource();
        Task first = _limiter.AcquireAsync(CallAffinity.AnySession, cancellation.Token).AsTask();
        Task second = _limiter.AcquireAsync(CallAffinity.AnySession, default).AsTask();

        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first.DefaultTimeout());
        _limiter.Release();

        await second.DefaultTimeout();
        _limiter.AcquiredCount.ShouldBe(2);
    }

    [Fact]
    public async Task Those_who_give_up_leave_the_queue()
    {
        Fill();
        using var cancellation = new CancellationTokenSource();
        Task[] waiting = [.. Enumerable.Range(0, 100).Select(_ => _limiter.AcquireAsync(CallAffinity.AnySession, cancellation.Token).AsTask())];
        _limiter.WaiterCount.ShouldBe(100);

        await cancellation.CancelAsync();

        await Task.WhenAll(waiting.Select(wait => Should.ThrowAsync<OperationCanceledException>(wait.DefaultTimeout())));
        _limiter.WaiterCount.ShouldBe(0);
    }

    [Fact]
    public async Task Giving_up_as_the_turn_comes_loses_no_turn()
    {
        for (int i = 0; i < 500; i++)
        {
            var gate = new OutgoingCallLimiter(1);
            gate.TryAcquire().ShouldBeTrue();
            using var cancellation = new CancellationTokenSource();
            Task first = gate.AcquireAsync(CallAffinity.AnySession, cancellation.Token).AsTask();
            Task second = gate.AcquireAsync(CallAffinity.AnySession, default).AsTask();

            Task exit = Task.Run(gate.Release);
            Task cancel = Task.Run(cancellation.Cancel);
            await Task.WhenAll(exit, cancel).DefaultTimeout();
            try
            {
                await first.DefaultTimeout();
                gate.Release();
            }
            catch (OperationCanceledException)
            {
                // Either is right; what counts is that the second gets in.
            }

            await second.DefaultTimeout();
            gate.AcquiredCount.ShouldBe(1);
        }
    }

    [Fact]
    public async Task Many_threads_never_pass_the_limit_and_all_get_through()
    {
        var gate = new OutgoingCallLimiter(3);
        int inside = 0;
        int most = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                await gate.AcquireAsync(CallAffinity.AnySession, default);
                int now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                gate.Release();
            }
        }))).DefaultTimeout();

        most.ShouldBeInRange(1, 3);
        gate.AcquiredCount.ShouldBe(0);
    }

    [Fact]
    public async Task The_end_of_the_session_fails_those_who_wait_and_those_who_come()
    {
        Fill();
        Task waiting = _limiter.AcquireAsync(CallAffinity.AnySession, default).AsTask();

        _limiter.Fail(new TunnelException(TunnelStatus.Unavailable, "It is over."));

        (await Should.ThrowAsync<TunnelException>(waiting.DefaultTimeout())).Message.ShouldBe("It is over.");
        (await Should.ThrowAsync<TunnelException>(_limiter.AcquireAsync(CallAffinity.AnySession, default).DefaultTimeout())).Message.ShouldBe("It is over.");
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen)
        {
            int was = Interlocked.CompareExchange(ref target, value, seen);
            if (was == seen)
            {
                return;
            }

            seen = was;
        }
    }

    private void Fill()
    {
        _limiter.TryAcquire().ShouldBeTrue();
        _limiter.TryAcquire().ShouldBeTrue();
    }
}

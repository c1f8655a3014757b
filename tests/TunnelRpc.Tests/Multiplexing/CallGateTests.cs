using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class CallGateTests
{
    private readonly CallGate _gate = new(2);

    [Fact]
    public void So_many_enter_and_no_more()
    {
        _gate.TryEnter().ShouldBeTrue();
        _gate.TryEnter().ShouldBeTrue();

        _gate.TryEnter().ShouldBeFalse();

        _gate.Open.ShouldBe(2);
    }

    [Fact]
    public async Task Whoever_waits_enters_in_order_as_others_leave()
    {
        Fill();
        Task first = _gate.EnterAsync(CallPlace.Free, default).AsTask();
        Task second = _gate.EnterAsync(CallPlace.Free, default).AsTask();

        _gate.Exit();
        await first.OrHang();
        second.IsCompleted.ShouldBeFalse();
        _gate.Exit();

        await second.OrHang();
        _gate.Open.ShouldBe(2);
    }

    [Fact]
    public async Task A_waiter_that_gives_up_passes_its_turn_on()
    {
        Fill();
        using var cancellation = new CancellationTokenSource();
        Task first = _gate.EnterAsync(CallPlace.Free, cancellation.Token).AsTask();
        Task second = _gate.EnterAsync(CallPlace.Free, default).AsTask();

        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first.OrHang());
        _gate.Exit();

        await second.OrHang();
        _gate.Open.ShouldBe(2);
    }

    [Fact]
    public async Task Those_who_give_up_leave_the_queue()
    {
        Fill();
        using var cancellation = new CancellationTokenSource();
        Task[] waiting = [.. Enumerable.Range(0, 100).Select(_ => _gate.EnterAsync(CallPlace.Free, cancellation.Token).AsTask())];
        _gate.Waiters.ShouldBe(100);

        await cancellation.CancelAsync();

        await Task.WhenAll(waiting.Select(wait => Should.ThrowAsync<OperationCanceledException>(wait.OrHang())));
        _gate.Waiters.ShouldBe(0);
    }

    [Fact]
    public async Task Giving_up_as_the_turn_comes_loses_no_turn()
    {
        for (int i = 0; i < 500; i++)
        {
            var gate = new CallGate(1);
            gate.TryEnter().ShouldBeTrue();
            using var cancellation = new CancellationTokenSource();
            Task first = gate.EnterAsync(CallPlace.Free, cancellation.Token).AsTask();
            Task second = gate.EnterAsync(CallPlace.Free, default).AsTask();

            Task exit = Task.Run(gate.Exit);
            Task cancel = Task.Run(cancellation.Cancel);
            await Task.WhenAll(exit, cancel).OrHang();
            try
            {
                await first.OrHang();
                gate.Exit();
            }
            catch (OperationCanceledException)
            {
                // Either is right; what counts is that the second gets in.
            }

            await second.OrHang();
            gate.Open.ShouldBe(1);
        }
    }

    [Fact]
    public async Task Many_threads_never_pass_the_limit_and_all_get_through()
    {
        var gate = new CallGate(3);
        int inside = 0;
        int most = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                await gate.EnterAsync(CallPlace.Free, default);
                int now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                gate.Exit();
            }
        }))).OrHang();

        most.ShouldBeInRange(1, 3);
        gate.Open.ShouldBe(0);
    }

    [Fact]
    public async Task The_end_of_the_session_fails_those_who_wait_and_those_who_come()
    {
        Fill();
        Task waiting = _gate.EnterAsync(CallPlace.Free, default).AsTask();

        _gate.Fail(new TunnelException(TunnelStatus.Unavailable, "It is over."));

        (await Should.ThrowAsync<TunnelException>(waiting.OrHang())).Message.ShouldBe("It is over.");
        (await Should.ThrowAsync<TunnelException>(_gate.EnterAsync(CallPlace.Free, default).OrHang())).Message.ShouldBe("It is over.");
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
        _gate.TryEnter().ShouldBeTrue();
        _gate.TryEnter().ShouldBeTrue();
    }
}

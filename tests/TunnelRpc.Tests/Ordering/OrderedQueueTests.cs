using System.Collections.Concurrent;
using TunnelRpc.Ordering;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Ordering;

/// <summary>Who has the turn, and who is next.</summary>
public sealed class OrderedQueueTests
{
    private readonly WaitGraph _graph = new();
    private readonly OrderedQueue _queue = new("Acme.IEcho");

    [Fact]
    public async Task Calls_have_their_turn_in_the_order_in_which_they_came()
    {
        RecordedWork[] calls = [new(_queue), new(_queue, 7), new(_queue)];
        foreach (RecordedWork call in calls)
        {
            call.Place.Enter(_graph);
        }

        for (int i = 0; i < calls.Length; i++)
        {
            (await calls[i].Run.OrHang()).ShouldBeNull();
            calls.Skip(i + 1).ShouldAllBe(later => !later.Run.IsCompleted);
            calls[i].Place.Exit();
        }

        _graph.IsEmpty.ShouldBeTrue();
        _queue.HoldingChain.ShouldBe(0ul);
    }

    [Fact]
    public async Task Its_own_chain_is_let_in_and_holds_it_to_the_end()
    {
        var outer = new RecordedWork(_queue);
        var nested = new RecordedWork(_queue, outer.Chain.Identify());
        var other = new RecordedWork(_queue);
        outer.Place.Enter(_graph);
        other.Place.Enter(_graph);

        nested.Place.Enter(_graph);
        await nested.Run.OrHang();
        outer.Place.Exit();
        other.Run.IsCompleted.ShouldBeFalse();
        _queue.HoldingChain.ShouldBe(outer.Chain.Id);
        nested.Place.Exit();

        await other.Run.OrHang();
    }

    [Fact]
    public async Task A_place_given_up_is_answered_at_once_and_skipped()
    {
        var first = new RecordedWork(_queue);
        var second = new RecordedWork(_queue, 5);
        var third = new RecordedWork(_queue);
        var reason = new TunnelException(TunnelStatus.Cancelled, "enough");
        first.Place.Enter(_graph);
        second.Place.Enter(_graph);
        third.Place.Enter(_graph);

        second.Place.TryLeave(reason).ShouldBeTrue();
        second.Place.TryLeave(reason).ShouldBeFalse();
        first.Place.TryLeave(reason).ShouldBeFalse("it runs");

        (await second.Run.OrHang()).ShouldBe(reason);
        second.Place.Exit();
        third.Run.IsCompleted.ShouldBeFalse();
        first.Place.Exit();
        (await third.Run.OrHang()).ShouldBeNull();
        _graph.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_place_given_up_before_it_is_taken_is_answered_when_it_is()
    {
        var call = new RecordedWork(_queue);
        var reason = new TunnelException(TunnelStatus.DeadlineExceeded, "late");

        call.Place.TryLeave(reason).ShouldBeTrue();
        call.Run.IsCompleted.ShouldBeFalse();
        call.Place.Enter(_graph);

        (await call.Run.OrHang()).ShouldBe(reason);
        var next = new RecordedWork(_queue);
        next.Place.Enter(_graph);
        (await next.Run.OrHang()).ShouldBeNull();
    }

    [Fact]
    public async Task Under_contention_one_has_the_turn_at_a_time_and_none_is_forgotten()
    {
        const int Calls = 2000;
        int inside = 0;
        bool overlapped = false;
        var ended = new ConcurrentBag<bool>();

        async Task CallAsync(int i)
        {
            await Task.Yield();
            var call = new RecordedWork(_queue, i % 4 == 0 ? (ulong)i + 1 : 0);
            call.Place.Enter(_graph);
            if (i % 3 == 0)
            {
                call.Place.TryLeave(new TunnelException(TunnelStatus.Cancelled, "enough"));
            }

            bool refused = await call.Run is not null;
            if (!refused)
            {
                overlapped |= Interlocked.Increment(ref inside) != 1;
                await Task.Yield();
                Interlocked.Decrement(ref inside);
            }

            call.Place.Exit();
            ended.Add(refused);
        }

        await Task.WhenAll(Enumerable.Range(0, Calls).Select(CallAsync)).OrHang();

        overlapped.ShouldBeFalse();
        ended.Count.ShouldBe(Calls);
        _graph.IsEmpty.ShouldBeTrue();
        _queue.HoldingChain.ShouldBe(0ul);
    }
}

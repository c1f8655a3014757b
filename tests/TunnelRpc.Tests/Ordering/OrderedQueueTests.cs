using System.Collections.Concurrent;
using TunnelRpc.Ordering;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Ordering;

/// <summary>Which call runs, and which one is next.</summary>
public sealed class OrderedQueueTests
{
    private readonly WaitForGraph _graph = new();
    private readonly OrderedQueue _queue = new("Acme.IEcho");

    [Fact]
    public async Task Calls_run_one_at_a_time_in_order_of_arrival()
    {
        RecordedWork[] calls = [new(_queue), new(_queue, 7), new(_queue)];
        foreach (RecordedWork call in calls)
        {
            call.Place.Enqueue(_graph);
        }

        for (int i = 0; i < calls.Length; i++)
        {
            (await calls[i].Run.DefaultTimeout()).ShouldBeNull();
            calls.Skip(i + 1).ShouldAllBe(later => !later.Run.IsCompleted);
            calls[i].Place.Complete();
        }

        _graph.IsEmpty.ShouldBeTrue();
        _queue.RunningChainId.ShouldBe(0ul);
    }

    [Fact]
    public async Task Call_of_the_running_chain_starts_at_once_and_blocks_others_until_it_ends()
    {
        var outer = new RecordedWork(_queue);
        var nested = new RecordedWork(_queue, outer.Chain.GetOrCreateId());
        var other = new RecordedWork(_queue);
        outer.Place.Enqueue(_graph);
        other.Place.Enqueue(_graph);

        nested.Place.Enqueue(_graph);
        await nested.Run.DefaultTimeout();
        outer.Place.Complete();
        other.Run.IsCompleted.ShouldBeFalse();
        _queue.RunningChainId.ShouldBe(outer.Chain.Id);
        nested.Place.Complete();

        await other.Run.DefaultTimeout();
    }

    [Fact]
    public async Task Withdrawn_waiting_call_is_refused_at_once_and_skipped()
    {
        var first = new RecordedWork(_queue);
        var second = new RecordedWork(_queue, 5);
        var third = new RecordedWork(_queue);
        var reason = new TunnelException(TunnelStatus.Cancelled, "enough");
        first.Place.Enqueue(_graph);
        second.Place.Enqueue(_graph);
        third.Place.Enqueue(_graph);

        second.Place.TryWithdraw(reason).ShouldBeTrue();
        second.Place.TryWithdraw(reason).ShouldBeFalse();
        first.Place.TryWithdraw(reason).ShouldBeFalse("it runs");

        (await second.Run.DefaultTimeout()).ShouldBe(reason);
        second.Place.Complete();
        third.Run.IsCompleted.ShouldBeFalse();
        first.Place.Complete();
        (await third.Run.DefaultTimeout()).ShouldBeNull();
        _graph.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Call_withdrawn_before_it_is_enqueued_is_refused_when_it_is_enqueued()
    {
        var call = new RecordedWork(_queue);
        var reason = new TunnelException(TunnelStatus.DeadlineExceeded, "late");

        call.Place.TryWithdraw(reason).ShouldBeTrue();
        call.Run.IsCompleted.ShouldBeFalse();
        call.Place.Enqueue(_graph);

        (await call.Run.DefaultTimeout()).ShouldBe(reason);
        var next = new RecordedWork(_queue);
        next.Place.Enqueue(_graph);
        (await next.Run.DefaultTimeout()).ShouldBeNull();
    }

    [Fact]
    public async Task Concurrent_calls_run_one_at_a_time_and_all_run()
    {
        const int Calls = 2000;
        int inside = 0;
        bool overlapped = false;
        var ended = new ConcurrentBag<bool>();

        async Task CallAsync(int i)
        {
            await Task.Yield();
            var call = new RecordedWork(_queue, i % 4 == 0 ? (ulong)i + 1 : 0);
            call.Place.Enqueue(_graph);
            if (i % 3 == 0)
            {
                call.Place.TryWithdraw(new TunnelException(TunnelStatus.Cancelled, "enough"));
            }

            bool refused = await call.Run is not null;
            if (!refused)
            {
                overlapped |= Interlocked.Increment(ref inside) != 1;
                await Task.Yield();
                Interlocked.Decrement(ref inside);
            }

            call.Place.Complete();
            ended.Add(refused);
        }

        await Task.WhenAll(Enumerable.Range(0, Calls).Select(CallAsync)).DefaultTimeout();

        overlapped.ShouldBeFalse();
        ended.Count.ShouldBe(Calls);
        _graph.IsEmpty.ShouldBeTrue();
        _queue.RunningChainId.ShouldBe(0ul);
    }
}

using TunnelRpc.Ordering;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Ordering;

/// <summary>Which waits would never end.</summary>
public sealed class WaitGraphTests
{
    private readonly WaitForGraph _graph = new();
    private readonly object _peer = new();

    [Fact]
    public void Two_chains_that_wait_for_each_other_s_queue_at_the_peer()
    {
        _graph.AddHolder(1, _peer, ["A"]);
        _graph.AddHolder(2, _peer, ["B"]);
        using WaitForEdge? wait = _graph.AddWaitUnlessCycle(1, new CallTarget(_peer, "B"), out _);

        _graph.AddWaitUnlessCycle(2, new CallTarget(_peer, "A"), out IReadOnlyList<string> cycle).ShouldBeNull();

        cycle.ShouldBe(["B", "A", "B"]);
    }

    [Fact]
    public void A_cycle_over_queues_of_both_sides_and_three_chains()
    {
        var queue = new OrderedQueue("C");
        new RecordedWork(queue, 3).Place.Enqueue(_graph);
        _graph.AddHolder(1, _peer, ["A"]);
        _graph.AddHolder(2, _peer, ["B"]);
        using WaitForEdge? one = _graph.AddWaitUnlessCycle(1, new CallTarget(_peer, "B"), out _);
        using WaitForEdge? two = _graph.AddWaitUnlessCycle(2, new CallTarget(queue, "C"), out _);

        _graph.AddWaitUnlessCycle(3, new CallTarget(_peer, "A"), out IReadOnlyList<string> cycle).ShouldBeNull();

        cycle.ShouldBe(["C", "A", "B", "C"]);
    }

    [Fact]
    public async Task A_call_that_would_close_a_cycle_is_refused_and_the_queue_goes_on()
    {
        var queue = new OrderedQueue("C");
        var holder = new RecordedWork(queue, 1);
        holder.Place.Enqueue(_graph);
        _graph.AddHolder(2, _peer, ["A"]);
        using WaitForEdge? wait = _graph.AddWaitUnlessCycle(1, new CallTarget(_peer, "A"), out _);
        var closing = new RecordedWork(queue, 2);
        var next = new RecordedWork(queue);

        closing.Place.Enqueue(_graph);
        next.Place.Enqueue(_graph);

        TunnelException refusal = (await closing.Run.DefaultTimeout()).ShouldNotBeNull();
        refusal.Status.ShouldBe(TunnelStatus.Aborted);
        refusal.Message.ShouldContain("A → C → A");
        holder.Place.Complete();
        (await next.Run.DefaultTimeout()).ShouldBeNull();
    }

    [Fact]
    public void What_a_chain_holds_itself_it_does_not_wait_for()
    {
        _graph.AddHolder(1, _peer, ["A"]);

        using WaitForEdge? wait = _graph.AddWaitUnlessCycle(1, new CallTarget(_peer, "A"), out IReadOnlyList<string> cycle);

        wait.ShouldNotBeNull();
        cycle.ShouldBeEmpty();
    }

    [Fact]
    public void The_same_name_at_another_peer_is_another_target()
    {
        _graph.AddHolder(1, _peer, ["A"]);
        _graph.AddHolder(2, new object(), ["B"]);
        using WaitForEdge? wait = _graph.AddWaitUnlessCycle(1, new CallTarget(_peer, "B"), out _);

        using WaitForEdge? other = _graph.AddWaitUnlessCycle(2, new CallTarget(_peer, "A"), out _);

        other.ShouldNotBeNull();
    }

    [Fact]
    public void What_is_over_is_forgotten()
    {
        _graph.AddHolder(1, _peer, ["A", "B"]);
        _graph.AddHolder(1, _peer, ["A"]);
        WaitForEdge first = _graph.AddWaitUnlessCycle(2, new CallTarget(_peer, "A"), out _).ShouldNotBeNull();
        WaitForEdge second = _graph.AddWaitUnlessCycle(2, new CallTarget(_peer, "A"), out _).ShouldNotBeNull();
        first.Dispose();
        first.Dispose();
        _graph.RemoveHolder(1, _peer, ["A"]);
        _graph.AddHolder(2, _peer, ["C"]);

        // The second wait and the first hold are still there.
        _graph.AddWaitUnlessCycle(1, new CallTarget(_peer, "C"), out IReadOnlyList<string> cycle).ShouldBeNull();
        cycle.ShouldBe(["A", "C", "A"]);
        second.Dispose();
        _graph.RemoveHolder(1, _peer, ["A", "B"]);
        _graph.RemoveHolder(2, _peer, ["C"]);

        _graph.IsEmpty.ShouldBeTrue();
    }
}

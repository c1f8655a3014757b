using TunnelRpc.Ordering;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Ordering;

/// <summary>Detection of waits that would never end.</summary>
public sealed class WaitGraphTests
{
    private readonly WaitForGraph _graph = new();
    private readonly object _peer = new();

    [Fact]
    public void Two_chains_that_wait_for_each_other_at_the_peer_are_a_cycle()
    {
        _graph.AddHolder(1, _peer, ["A"]);
        _graph.AddHolder(2, _peer, ["B"]);
        using WaitForEdge? wait = _graph.AddWaitUnlessCycle(1, new CallTarget(_peer, "B"), out _);

        _graph.AddWaitUnlessCycle(2, new CallTarget(_peer, "A"), out IReadOnlyList<string> cycle).ShouldBeNull();

        cycle.ShouldBe(["B", "A", "B"]);
    }

    [Fact]
    public void Cycle_over_both_sides_and_three_chains_is_found()
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
    public async Task Call_that_would_close_a_cycle_is_refused_and_the_queue_continues()
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
    public void Chain_does_not_wait_for_a_target_in_which_it_runs()
    {
        _graph.AddHolder(1, _peer, ["A"]);

        using WaitForEdge? wait = _graph.AddWaitUnlessCycle(1, new CallTarget(_peer, "A"), out IReadOnlyList<string> cycle);

        wait.ShouldNotBeNull();
        cycle.ShouldBeEmpty();
    }

    [Fact]
    public void Same_name_at_another_peer_is_another_target()
    {
        _graph.AddHolder(1, _peer, ["A"]);
        _graph.AddHolder(2, new object(), ["B"]);
        using WaitForEdge? wait = _graph.AddWaitUnlessCycle(1, new CallTarget(_peer, "B"), out _);

        using WaitForEdge? other = _graph.AddWaitUnlessCycle(2, new CallTarget(_peer, "A"), out _);

        other.ShouldNotBeNull();
    }

    [Fact]
    public void Ended_waits_and_calls_are_removed()
    {
        _graph.AddHolder(1, _peer, ["A", "B"]);
        _graph.AddHolder(1, _peer, ["A"]);
        WaitForEdge first = _graph.AddWaitUnlessCycle(2, new CallTarget(_peer, "A"), out _).ShouldNotBeNull();
        WaitForEdge second = _graph.AddWaitUnlessCycle(2, new CallTarget(_peer, "A"), out _).ShouldNotBeNull();
        first.Dispose();
        first.Dispose();
        _graph.RemoveHolder(1, _peer, ["A"]);
        _graph.AddHolder(2, _peer, ["C"]);

        // The second wait and the first call at the peer remain.
        _graph.AddWaitUnlessCycle(1, new CallTarget(_peer, "C"), out IReadOnlyList<string> cycle).ShouldBeNull();
        cycle.ShouldBe(["A", "C", "A"]);
        second.Dispose();
        _graph.RemoveHolder(1, _peer, ["A", "B"]);
        _graph.RemoveHolder(2, _peer, ["C"]);

        _graph.IsEmpty.ShouldBeTrue();
    }
}

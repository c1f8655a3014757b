namespace TunnelRpc.Ordering;

/// <summary>
/// Runs the calls of one service, or one object, of one session one at a time, in their order. Calls of the chain that it is held by
/// are let in at once; it is free when all of them have ended. Thread-safe. Bounded by the limit of calls.
/// </summary>
/// <param name="name">What is called, for messages and for the peer.</param>
internal sealed class OrderedQueue(string name)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly LinkedList<OrderedPlace> _waiting = new();

    // Guarded by _gate: how many calls are inside, and the chain of the first of them.
    private int _inside;
    private CallChain? _holder;

    public string Name => name;

    /// <summary>The number of the chain that holds it; 0 when it is free, or its call has called nothing.</summary>
    public ulong HoldingChain
    {
        get
        {
            lock (_gate)
            {
                return _holder?.Id ?? 0;
            }
        }
    }

    public void Enter(OrderedPlace place, WaitGraph graph)
    {
        if (!TryEnter(place))
        {
            WatchForCycle(place, graph);
            return;
        }

        place.Start();
    }

    public bool TryLeave(OrderedPlace place, TunnelException reason)
    {
        ChainWait? wait;
        bool waited;
        lock (_gate)
        {
            if (place.State is not (OrderedPlace.Stage.Before or OrderedPlace.Stage.Waiting))
            {
                return false;
            }

            // Before it has entered, entering starts its work.
            waited = place.State == OrderedPlace.Stage.Waiting;
            if (waited)
            {
                _waiting.Remove(place.Node!);
            }

            place.State = OrderedPlace.Stage.Left;
            place.Refuse(reason);
            wait = place.Wait;
        }

        wait?.Dispose();
        if (waited)
        {
            place.Start();
        }

        return true;
    }

    public void Exit(OrderedPlace place)
    {
        OrderedPlace? next = null;
        ChainWait? wait = null;
        lock (_gate)
        {
            if (place.State != OrderedPlace.Stage.Inside)
            {
                return;
            }

            place.State = OrderedPlace.Stage.Left;
            if (--_inside > 0)
            {
                return;
            }

            _holder = null;
            next = _waiting.First?.Value;
            if (next is not null)
            {
                _waiting.RemoveFirst();
                Hold(next);
                wait = next.Wait;
            }
        }

        wait?.Dispose();
        next?.Start();
    }

    /// <summary>True when the call's work may start, be it to run or to answer that it does not; else it waits.</summary>
    private bool TryEnter(OrderedPlace place)
    {
        lock (_gate)
        {
            if (place.State == OrderedPlace.Stage.Left)
            {
                return true;
            }

            if (_inside == 0)
            {
                Hold(place);
                return true;
            }

            if (place.Chain.Id is var chain and not 0 && _holder!.Id == chain)
            {
                _inside++;
                place.State = OrderedPlace.Stage.Inside;
                return true;
            }

            place.State = OrderedPlace.Stage.Waiting;
            place.Node = _waiting.AddLast(place);
            return false;
        }
    }

    /// <summary>A call that others may wait for, by way of its chain, must not wait for them.</summary>
    private void WatchForCycle(OrderedPlace place, WaitGraph graph)
    {
        if (place.Chain.Id is var chain && chain == 0)
        {
            return;
        }

        ChainWait? wait = graph.TryWait(chain, new CallTarget(this, name), out IReadOnlyList<string> cycle);
        if (wait is null)
        {
            // False when its turn has come meanwhile: then there is no cycle any more.
            TryLeave(place, Cycle(name, cycle));
            return;
        }

        bool waits;
        lock (_gate)
        {
            place.Wait = wait;
            waits = place.State == OrderedPlace.Stage.Waiting;
        }

        if (!waits)
        {
            wait.Dispose();
        }
    }

    /// <summary>What a call fails with that would wait for ever.</summary>
    public static TunnelException Cycle(string target, IReadOnlyList<string> names) => new(
        TunnelStatus.Aborted,
        $"{target} is busy with a call that waits for this one: {string.Join(" → ", names)}, each held by a call that waits for the next. Call one of them back without waiting, in another order, or serve it with Dispatch = Concurrent.")
    {
        Outcome = TunnelCallOutcome.NotSent,
    };

    private void Hold(OrderedPlace place)
    {
        _holder = place.Chain;
        _inside = 1;
        place.State = OrderedPlace.Stage.Inside;
        place.Node = null;
    }
}

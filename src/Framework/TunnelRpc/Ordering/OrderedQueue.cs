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
    private readonly LinkedList<OrderedTicket> _waiting = new();

    // Guarded by _gate: how many calls are inside, and the chain of the first of them.
    private int _runningCount;
    private CallChain? _runningChain;

    public string Name => name;

    /// <summary>The number of the chain that holds it; 0 when it is free, or its call has called nothing.</summary>
    public ulong RunningChainId
    {
        get
        {
            lock (_gate)
            {
                return _runningChain?.Id ?? 0;
            }
        }
    }

    public void Enqueue(OrderedTicket ticket, WaitForGraph graph)
    {
        if (!TryStart(ticket))
        {
            DetectDeadlock(ticket, graph);
            return;
        }

        ticket.QueueWork();
    }

    public bool TryWithdraw(OrderedTicket ticket, TunnelException reason)
    {
        WaitForEdge? wait;
        bool waited;
        lock (_gate)
        {
            if (ticket.State is not (OrderedTicket.TicketState.Created or OrderedTicket.TicketState.Waiting))
            {
                return false;
            }

            // Before it has entered, entering starts its work.
            waited = ticket.State == OrderedTicket.TicketState.Waiting;
            if (waited)
            {
                _waiting.Remove(ticket.QueueNode!);
            }

            ticket.State = OrderedTicket.TicketState.Ended;
            ticket.SetRefusal(reason);
            wait = ticket.WaitEdge;
        }

        wait?.Dispose();
        if (waited)
        {
            ticket.QueueWork();
        }

        return true;
    }

    public void Complete(OrderedTicket ticket)
    {
        OrderedTicket? next = null;
        WaitForEdge? wait = null;
        lock (_gate)
        {
            if (ticket.State != OrderedTicket.TicketState.Running)
            {
                return;
            }

            ticket.State = OrderedTicket.TicketState.Ended;
            if (--_runningCount > 0)
            {
                return;
            }

            _runningChain = null;
            next = _waiting.First?.Value;
            if (next is not null)
            {
                _waiting.RemoveFirst();
                MarkRunning(next);
                wait = next.WaitEdge;
            }
        }

        wait?.Dispose();
        next?.QueueWork();
    }

    /// <summary>True when the call's work may start, be it to run or to answer that it does not; else it waits.</summary>
    private bool TryStart(OrderedTicket ticket)
    {
        lock (_gate)
        {
            if (ticket.State == OrderedTicket.TicketState.Ended)
            {
                return true;
            }

            if (_runningCount == 0)
            {
                MarkRunning(ticket);
                return true;
            }

            if (ticket.Chain.Id is var chain and not 0 && _runningChain!.Id == chain)
            {
                _runningCount++;
                ticket.State = OrderedTicket.TicketState.Running;
                return true;
            }

            ticket.State = OrderedTicket.TicketState.Waiting;
            ticket.QueueNode = _waiting.AddLast(ticket);
            return false;
        }
    }

    /// <summary>A call that others may wait for, by way of its chain, must not wait for them.</summary>
    private void DetectDeadlock(OrderedTicket ticket, WaitForGraph graph)
    {
        if (ticket.Chain.Id is var chain && chain == 0)
        {
            return;
        }

        WaitForEdge? wait = graph.AddWaitUnlessCycle(chain, new CallTarget(this, name), out IReadOnlyList<string> cycle);
        if (wait is null)
        {
            // False when its turn has come meanwhile: then there is no cycle any more.
            TryWithdraw(ticket, DeadlockError(name, cycle));
            return;
        }

        bool waits;
        lock (_gate)
        {
            ticket.WaitEdge = wait;
            waits = ticket.State == OrderedTicket.TicketState.Waiting;
        }

        if (!waits)
        {
            wait.Dispose();
        }
    }

    /// <summary>What a call fails with that would wait for ever.</summary>
    public static TunnelException DeadlockError(string target, IReadOnlyList<string> cycle) => new(
        TunnelStatus.Aborted,
        $"{target} is busy with a call that waits for this one: {string.Join(" → ", cycle)}, each held by a call that waits for the next. Call one of them back without waiting, in another order, or serve it with Dispatch = Concurrent.")
    {
        Outcome = TunnelCallOutcome.NotSent,
    };

    private void MarkRunning(OrderedTicket ticket)
    {
        _runningChain = ticket.Chain;
        _runningCount = 1;
        ticket.State = OrderedTicket.TicketState.Running;
        ticket.QueueNode = null;
    }
}

namespace TunnelRpc.Ordering;

// Decision: docs/adr/0010-ordered-dispatch-chains.md
/// <summary>
/// Runs the calls to one service, or one object, of one session one at a time, in order of arrival. A call of the chain that is running
/// starts at once, as the running call may wait for it; the next chain starts when all calls of the running one have ended. Thread-safe.
/// The limit of running calls (MaxConcurrentCalls) bounds the queue.
/// </summary>
/// <param name="name">The name of the service or object, for error texts and for the peer.</param>
internal sealed class OrderedQueue(string name)
{
    private readonly Lock _gate = new();

    // Guarded by _gate: the calls that wait, in order of arrival.
    private readonly LinkedList<OrderedTicket> _waiting = new();

    // Guarded by _gate: the number of running calls, and the chain of the first of them; 0 and null if none runs.
    private int _runningCount;
    private CallChain? _runningChain;

    /// <summary>The name of the service or object.</summary>
    public string Name => name;

    /// <summary>The id of the running chain; 0 if no call runs, or if the running call has made no call itself.</summary>
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

    /// <summary>Starts a call, or queues it. A call whose wait would close a cycle is refused.</summary>
    public void Enqueue(OrderedTicket ticket, WaitForGraph graph)
    {
        if (!TryStart(ticket))
        {
            DetectDeadlock(ticket, graph);
            return;
        }

        ticket.QueueWork();
    }

    /// <summary>
    /// Refuses a call that has not started; its work item then replies with <paramref name="reason"/>. False if the call runs or has ended.
    /// </summary>
    public bool TryWithdraw(OrderedTicket ticket, TunnelException reason)
    {
        WaitForEdge? edge;
        bool wasWaiting;
        lock (_gate)
        {
            if (ticket.State is not (OrderedTicket.TicketState.Created or OrderedTicket.TicketState.Waiting))
            {
                return false;
            }

            // The work of a ticket that is only created is queued by Enqueue.
            wasWaiting = ticket.State == OrderedTicket.TicketState.Waiting;
            if (wasWaiting)
            {
                _waiting.Remove(ticket.QueueNode!);
            }

            ticket.State = OrderedTicket.TicketState.Ended;
            ticket.SetRefusal(reason);
            edge = ticket.WaitEdge;
        }

        edge?.Dispose();
        if (wasWaiting)
        {
            ticket.QueueWork();
        }

        return true;
    }

    /// <summary>
    /// A call has ended: starts the next one if no call of the chain runs any more. No effect if the call was not running.
    /// </summary>
    public void Complete(OrderedTicket ticket)
    {
        OrderedTicket? next = null;
        WaitForEdge? edge = null;
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
                edge = next.WaitEdge;
            }
        }

        edge?.Dispose();
        next?.QueueWork();
    }

    /// <summary>
    /// True if the call's work may start: to run, or, if the call was withdrawn, to reply with a failure. False if the call waits.
    /// </summary>
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

    /// <summary>Refuses a waiting call if the call that it waits for waits, directly or indirectly, for its chain.</summary>
    private void DetectDeadlock(OrderedTicket ticket, WaitForGraph graph)
    {
        if (ticket.Chain.Id is var chain && chain == 0)
        {
            return;
        }

        WaitForEdge? edge = graph.AddWaitUnlessCycle(chain, new CallTarget(this, name), out IReadOnlyList<string> cycle);
        if (edge is null)
        {
            // Fails if the call has started in the meantime: then there is no cycle any more.
            TryWithdraw(ticket, DeadlockError(name, cycle));
            return;
        }

        bool isWaiting;
        lock (_gate)
        {
            ticket.WaitEdge = edge;
            isWaiting = ticket.State == OrderedTicket.TicketState.Waiting;
        }

        if (!isWaiting)
        {
            edge.Dispose();
        }
    }

    /// <summary>The failure of a call that would wait forever.</summary>
    /// <param name="target">The service or object that was called.</param>
    /// <param name="cycle">The names on the cycle, in order; the first one is also the last.</param>
    public static TunnelException DeadlockError(string target, IReadOnlyList<string> cycle) => new(
        TunnelStatus.Aborted,
        $"{target} is busy with a call that waits for this one: "
        + $"{string.Join(" → ", cycle)}, each busy with a call that waits for the next. "
        + "Make one of these calls one-way or in another order, or serve one of the services with Dispatch = Concurrent.")
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

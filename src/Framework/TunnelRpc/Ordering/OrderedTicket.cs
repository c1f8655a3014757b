namespace TunnelRpc.Ordering;

/// <summary>A call's place in the queue of what it calls.</summary>
/// <param name="queue">The queue.</param>
/// <param name="chain">The call's chain.</param>
/// <param name="workItem">Runs the call, or answers it if <see cref="Refusal"/> says so; queued to the thread pool once.</param>
internal sealed class OrderedTicket(OrderedQueue queue, CallChain chain, IThreadPoolWorkItem workItem)
{
    /// <summary>Where a place is.</summary>
    internal enum TicketState
    {
        Created,
        Waiting,
        Running,
        Ended,
    }

    public CallChain Chain => chain;

    /// <summary>Why the call does not run; null when it does. Set before its work is queued.</summary>
    public TunnelException? Refusal { get; private set; }

    /// <summary>Guarded by the queue's gate.</summary>
    internal TicketState State { get; set; }

    /// <summary>Where it waits. Guarded by the queue's gate.</summary>
    internal LinkedListNode<OrderedTicket>? QueueNode { get; set; }

    /// <summary>That its chain waits, if it has a number. Guarded by the queue's gate.</summary>
    internal WaitForEdge? WaitEdge { get; set; }

    /// <summary>Runs the call at once, or when those before it have ended.</summary>
    public void Enqueue(WaitForGraph graph) => queue.Enqueue(this, graph);

    /// <summary>Gives the place up before the call runs; its work is then queued, to answer with the reason. False when it runs already.</summary>
    public bool TryWithdraw(TunnelException reason) => queue.TryWithdraw(this, reason);

    /// <summary>The call has ended: the next may run.</summary>
    public void Complete() => queue.Complete(this);

    internal void SetRefusal(TunnelException reason) => Refusal = reason;

    internal void QueueWork() => ThreadPool.UnsafeQueueUserWorkItem(workItem, preferLocal: false);
}

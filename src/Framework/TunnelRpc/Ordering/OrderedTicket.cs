namespace TunnelRpc.Ordering;

/// <summary>A call's place in an <see cref="OrderedQueue"/>. Thread-safe.</summary>
/// <param name="queue">The queue.</param>
/// <param name="chain">The call's chain.</param>
/// <param name="workItem">Runs the call, or replies with <see cref="Refusal"/>. Queued to the thread pool exactly once.</param>
internal sealed class OrderedTicket(OrderedQueue queue, CallChain chain, IThreadPoolWorkItem workItem)
{
    /// <summary>
    /// The states: Created → Waiting → Running → Ended. A ticket skips Waiting if it can start at once, and Running if it is withdrawn.
    /// </summary>
    internal enum TicketState
    {
        /// <summary>Not enqueued yet.</summary>
        Created,

        /// <summary>In the queue.</summary>
        Waiting,

        /// <summary>The call runs.</summary>
        Running,

        /// <summary>The call has ended, or was refused.</summary>
        Ended,
    }

    /// <summary>The call's chain.</summary>
    public CallChain Chain => chain;

    /// <summary>Why the call is refused; null if it runs. Set before its work is queued.</summary>
    public TunnelException? Refusal { get; private set; }

    /// <summary>The state. Guarded by the queue's gate.</summary>
    internal TicketState State { get; set; }

    /// <summary>The node in the queue while the call waits. Guarded by the queue's gate.</summary>
    internal LinkedListNode<OrderedTicket>? QueueNode { get; set; }

    /// <summary>The edge in the wait-for graph while the call waits; null if its chain has no id. Guarded by the queue's gate.</summary>
    internal WaitForEdge? WaitEdge { get; set; }

    /// <summary>Starts the call at once, or when the calls before it have ended.</summary>
    public void Enqueue(WaitForGraph graph) => queue.Enqueue(this, graph);

    /// <summary>
    /// Withdraws a call that has not started; its work is then queued to reply with the reason. False if the call runs or has ended.
    /// </summary>
    public bool TryWithdraw(TunnelException reason) => queue.TryWithdraw(this, reason);

    /// <summary>The call has ended: the next one may start.</summary>
    public void Complete() => queue.Complete(this);

    internal void SetRefusal(TunnelException reason) => Refusal = reason;

    internal void QueueWork() => ThreadPool.UnsafeQueueUserWorkItem(workItem, preferLocal: false);
}

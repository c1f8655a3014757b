namespace TunnelRpc.Ordering;

/// <summary>A call's place in the queue of what it calls.</summary>
/// <param name="queue">The queue.</param>
/// <param name="chain">The call's chain.</param>
/// <param name="work">Runs the call, or answers it if <see cref="Refusal"/> says so; queued to the thread pool once.</param>
internal sealed class OrderedPlace(OrderedQueue queue, CallChain chain, IThreadPoolWorkItem work)
{
    /// <summary>Where a place is.</summary>
    internal enum Stage
    {
        Before,
        Waiting,
        Inside,
        Left,
    }

    public CallChain Chain => chain;

    /// <summary>Why the call does not run; null when it does. Set before its work is queued.</summary>
    public TunnelException? Refusal { get; private set; }

    /// <summary>Guarded by the queue's gate.</summary>
    internal Stage State { get; set; }

    /// <summary>Where it waits. Guarded by the queue's gate.</summary>
    internal LinkedListNode<OrderedPlace>? Node { get; set; }

    /// <summary>That its chain waits, if it has a number. Guarded by the queue's gate.</summary>
    internal ChainWait? Wait { get; set; }

    /// <summary>Runs the call at once, or when those before it have ended.</summary>
    public void Enter(WaitGraph graph) => queue.Enter(this, graph);

    /// <summary>Gives the place up before the call runs; its work is then queued, to answer with the reason. False when it runs already.</summary>
    public bool TryLeave(TunnelException reason) => queue.TryLeave(this, reason);

    /// <summary>The call has ended: the next may run.</summary>
    public void Exit() => queue.Exit(this);

    internal void Refuse(TunnelException reason) => Refusal = reason;

    internal void Start() => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
}

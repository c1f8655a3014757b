using TunnelRpc.Ordering;

namespace TunnelRpc.Calls;

/// <summary>
/// The chain of one incoming call, and its place in an ordered queue. Both are null for the usual call, which is neither under ordered
/// dispatch nor nested in a call of this side. Joined before the call is visible to other threads, left by its work item.
/// <see cref="TryWithdraw"/> may be called by any thread.
/// </summary>
internal struct IncomingCallOrder
{
    private OrderedTicket? _ticket;

    /// <summary>The chain that the call belongs to; null for none.</summary>
    public CallChain? Chain { get; private set; }

    /// <summary>Whether the call waits in an ordered queue, which then queues its work.</summary>
    public readonly bool IsOrdered => _ticket is not null;

    /// <summary>Why the ordered queue refuses to run the call; null when it runs. Set before the call's work is queued.</summary>
    public readonly TunnelException? Refusal => _ticket?.Refusal;

    /// <summary>
    /// Joins the chain, and takes a place in <paramref name="queue"/>; null when the method is not under ordered dispatch.
    /// </summary>
    public void Join(TunnelPeer peer, CallMetadata? metadata, OrderedQueue? queue, IThreadPoolWorkItem workItem)
    {
        Chain = new CallChain(metadata?.ChainId ?? 0);
        if (metadata is { ChainId: not 0, HeldServices.Count: > 0 })
        {
            WaitForGraph.Shared.AddHolder(metadata.ChainId, peer, metadata.HeldServices);
        }

        if (queue is not null)
        {
            _ticket = new OrderedTicket(queue, Chain, workItem);
        }
    }

    /// <summary>Queues the call's work, at once or after the calls before it. Only if <see cref="IsOrdered"/>.</summary>
    public readonly void Enqueue() => _ticket!.Enqueue(WaitForGraph.Shared);

    /// <summary>
    /// Takes a call that still waits out of its queue: its work is queued now, and finds <paramref name="reason"/> as its refusal.
    /// </summary>
    public readonly void TryWithdraw(TunnelException reason) => _ticket?.TryWithdraw(reason);

    /// <summary>The call has ended: the next of its queue may run.</summary>
    public void Leave(TunnelPeer peer, CallMetadata? metadata)
    {
        if (Chain is null)
        {
            return;
        }

        if (metadata is { ChainId: not 0, HeldServices.Count: > 0 })
        {
            WaitForGraph.Shared.RemoveHolder(metadata.ChainId, peer, metadata.HeldServices);
        }

        _ticket?.Complete();
        _ticket = null;
        Chain = null;
    }
}

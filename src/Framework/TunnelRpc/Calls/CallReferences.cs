using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The references that travel with one call. Used by one message at a time.</summary>
/// <param name="peer">The peer.</param>
/// <param name="transfersOwnership">Whether what is passed goes with the answer, and outlives the call: until the peer releases it.</param>
/// <param name="replyStreamId">The number of the call that is answered; 0 for a call of this side.</param>
internal sealed class CallReferences(TunnelPeer peer, bool transfersOwnership, ulong replyStreamId) : ReferenceScope
{
    private readonly List<long> _exportedIds = [];
    private List<IAsyncDisposable>? _pendingWork;

    public bool TransfersOwnership => transfersOwnership;

    public ulong ReplyStreamId => replyStreamId;

    /// <summary>Completes what must be complete before the answer goes out.</summary>
    public async ValueTask CompletePendingWorkAsync(CancellationToken cancellationToken)
    {
        foreach (IAsyncDisposable work in _pendingWork ?? [])
        {
            await work.DisposeAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _pendingWork = null;
    }

    /// <summary>The call has ended in order: returns when its streams, elements and progress are not used any more, or the caller gives up.</summary>
    public async ValueTask EndAndWaitUntilIdleAsync(CancellationToken cancellationToken)
    {
        List<Task> uses = [.. _exportedIds.Select(peer.ExportedReferences.Find).Where(r => r is { OutlivesCall: false, Target: ICallScopedTarget }).Select(r => r!.Idle)];
        End();
        await Task.WhenAll(uses).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The call is over: what travelled with it can be called no longer.</summary>
    /// <param name="includeTransferred">Also what was given away: the answer has not gone out.</param>
    public void End(bool includeTransferred = false)
    {
        if (_exportedIds.Count > 0)
        {
            peer.ExportedReferences.ReleaseForCall(_exportedIds, includeTransferred);
        }
    }

    internal override long Export<TService>(IReadOnlyList<TunnelMethod<TService>> methods, TService target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target is ITunnelStub { Invoker: RemoteInvoker { ReferenceId: > 0 } own } && own.Peer == peer)
        {
            // The peer's own object goes back to it.
            return -own.ReferenceId;
        }

        long number = peer.ExportedReferences.Add(methods, target, this);
        _exportedIds.Add(number);
        return number;
    }

    internal override TunnelInvoker Import(long referenceId) => referenceId > 0
        ? new RemoteInvoker(peer, null, referenceId)
        : throw new MessagePackException($"Expected the number of a reference, got {referenceId}.");

    internal override TService GetExported<TService>(long referenceId) => peer.ExportedReferences.Find(-referenceId)?.Target as TService
        ?? throw new MessagePackException($"Expected the number of a reference that was passed as {typeof(TService).Name} and is still held, got {-referenceId}.");

    internal override void CompleteBeforeReply(IAsyncDisposable work)
    {
        // What comes back with an answer of the peer is its receiver's to dispose.
        if (transfersOwnership)
        {
            (_pendingWork ??= []).Add(work);
        }
    }
}

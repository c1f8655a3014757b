using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The references that are passed with one call. Not thread-safe: one message is encoded or decoded at a time.</summary>
/// <param name="peer">The peer.</param>
/// <param name="transfersOwnership">
/// Whether objects of this side that are passed outlive the call: until the peer releases them. True for those that are passed with a reply
/// or with a one-way call.
/// </param>
/// <param name="replyStreamId">The stream id of the call that is served; 0 for a call of this side.</param>
internal sealed class CallReferences(TunnelPeer peer, bool transfersOwnership, ulong replyStreamId) : ReferenceScope
{
    private readonly List<long> _exportedIds = [];
    private List<IAsyncDisposable>? _pendingWork;

    /// <summary>Whether objects that are passed outlive the call.</summary>
    public bool TransfersOwnership => transfersOwnership;

    /// <summary>The stream id of the call whose reply passes the objects; 0 for a call of this side.</summary>
    public ulong ReplyStreamId => replyStreamId;

    /// <summary>Where calls on the objects run; null for the scheduler of the session, or the thread pool.</summary>
    public CallScheduler? Scheduler { get; init; }

    /// <summary>Completes the work that must be complete before the reply is sent.</summary>
    public async ValueTask CompletePendingWorkAsync(CancellationToken cancellationToken)
    {
        foreach (IAsyncDisposable work in _pendingWork ?? [])
        {
            await work.DisposeAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _pendingWork = null;
    }

    /// <summary>
    /// The peer has replied to the call. Ends its references and waits until the streams and progress objects that were passed with it are
    /// no longer used, or until <paramref name="cancellationToken"/> is cancelled. Does not throw.
    /// </summary>
    public async ValueTask EndAndWaitUntilIdleAsync(CancellationToken cancellationToken)
    {
        List<Task> idle =
        [
            .. _exportedIds.Select(peer.ExportedReferences.Find)
                .Where(reference => reference is { OutlivesCall: false, Target: ICallScopedTarget })
                .Select(reference => reference!.Idle),
        ];
        End();
        await Task.WhenAll(idle).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The call has ended: the peer can no longer call the objects that were passed with it.</summary>
    /// <param name="includeTransferred">
    /// Also the objects that would outlive the call; true when the message that passes them was not sent.
    /// </param>
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
            // The object is one of the peer, which gets its own reference id, negated.
            return -own.ReferenceId;
        }

        long id = peer.ExportedReferences.Add(methods, target, this);
        _exportedIds.Add(id);
        return id;
    }

    internal override TunnelInvoker Import(long referenceId) => referenceId > 0
        ? new RemoteInvoker(peer, null, referenceId)
        : throw new MessagePackException($"Expected a reference id of at least 1, got {referenceId}.");

    internal override TService GetExported<TService>(long referenceId) => peer.ExportedReferences.Find(-referenceId)?.Target as TService
        ?? throw new MessagePackException(
            $"Expected the id of a reference that was passed as {typeof(TService).Name} and was not released, got {-referenceId}.");

    internal override void CompleteBeforeReply(IAsyncDisposable work)
    {
        // Only for the calls that this side serves: an object that a reply of the peer passes is disposed by its receiver.
        if (transfersOwnership)
        {
            (_pendingWork ??= []).Add(work);
        }
    }
}

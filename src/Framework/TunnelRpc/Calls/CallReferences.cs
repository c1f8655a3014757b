using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// The references that are passed with one call. One message of a direction is encoded or decoded at a time; what the other direction uses
/// is guarded as stated.
/// </summary>
/// <param name="peer">The peer.</param>
/// <param name="transfersOwnership">
/// Whether objects of this side that are passed outlive the call: until the peer releases them. True for those that are passed with a reply
/// or with a one-way call.
/// </param>
/// <param name="streamId">
/// The stream id of the call that is served; 0 for a call of this side. A one-way call of this side sets it when it is opened.
/// </param>
internal sealed class CallReferences(TunnelPeer peer, bool transfersOwnership, ulong streamId) : ReferenceScope
{
    /// <summary>
    /// The largest number of references in items that were sent and that the receiver has neither taken nor released.
    /// </summary>
    private const int MaxPendingItemReferences = 128;

    private List<IAsyncDisposable>? _pendingWork;

    // Used by the encoder: stubs of the peer that are passed back. They must not be released before the message is sent.
    private List<RemoteInvoker>? _passedBack;

    // Used by the encoder: the id of the last reference that was exported, and of the last one whose message was sent.
    private long _lastExportedId;
    private long _lastSentId;

    // Used by the encoder: the number of references that were exported.
    private ulong _exportedCount;

    // Used by the item sender: how many of the exported references the receiver has taken and holds, as of the last time that it had taken
    // all items.
    private int _heldCount;

    // Used by the decoder: the references that were received since the last TakeImported.
    private List<ImportedReference>? _imported;

    /// <summary>Whether objects that are passed outlive the call.</summary>
    public bool TransfersOwnership => transfersOwnership;

    /// <summary>
    /// The stream id of the call whose reply passes the objects, or of the one-way call that passes them; 0 for any other call, and before
    /// a one-way call is opened. Guarded by the gate of the <see cref="ExportedReferenceTable"/>.
    /// </summary>
    public ulong StreamId { get; set; } = streamId;

    /// <summary>
    /// How many references the messages of this side have passed, if they outlive the call: the message announces the number. 0 otherwise.
    /// Used by the encoder.
    /// </summary>
    public ulong AnnouncedCount => transfersOwnership ? _exportedCount : 0;

    /// <summary>How many references were read in messages of the peer. Used by the decoder.</summary>
    public ulong ImportedCount { get; private set; }

    /// <summary>
    /// Whether an item of the peer could not be decoded, so that the references after the error were not read. Set by the reader.
    /// </summary>
    public bool HasUnreadItem { get; private set; }

    /// <summary>Where calls on the objects run; null for the scheduler of the session, or the thread pool.</summary>
    public CallScheduler? Scheduler { get; init; }

    /// <summary>
    /// The ids of the references that the call has passed and that are not released. Guarded by the gate of the
    /// <see cref="ExportedReferenceTable"/>.
    /// </summary>
    public HashSet<long> ExportedIds { get; } = [];

    /// <summary>The window of the items that pass references; null when the call sends no items. Woken by each release.</summary>
    public SendWindow? ItemWindow { get; set; }

    /// <summary>Whether an item of the peer has passed a reference. Set by the reader before the item is taken.</summary>
    public bool HasImportedItems { get; private set; }

    /// <summary>
    /// Whether the batch of items is to be sent now, because the receiver should take its references before it gets more.
    /// </summary>
    public bool IsItemWindowFull => _lastExportedId > 0
        && (PendingItemReferences >= ItemLimit || peer.ExportedReferences.IsFull);

    private int PendingItemReferences
    {
        get
        {
            int count = peer.ExportedReferences.CountOf(this);
            _heldCount = Math.Min(_heldCount, count);
            return count - _heldCount;
        }
    }

    private int ItemLimit => Math.Clamp(peer.Options.Limits.MaxReferences / 4, 1, MaxPendingItemReferences);

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
    /// Waits until the receiver has released references of earlier items, or has taken all items: what it then still holds is in use. Also
    /// completes when the stream is closed; the caller finds that when it sends.
    /// </summary>
    public async ValueTask WaitForItemWindowAsync(TunnelStream stream)
    {
        SendWindow window = stream.SendWindow!;
        while (stream.IsOpen && !window.IsConsumed && (PendingItemReferences > ItemLimit / 2 || peer.ExportedReferences.IsFull))
        {
            await window.WaitUntilConsumedAsync().ConfigureAwait(false);
        }

        if (window.IsConsumed)
        {
            _heldCount = peer.ExportedReferences.CountOf(this);
        }
    }

    /// <summary>All that was encoded up to now was sent: the receiver may use its references.</summary>
    public void OnSent()
    {
        _lastSentId = _lastExportedId;
        _passedBack?.Clear();
    }

    /// <summary>
    /// The peer has replied to the call. Ends its references and waits until the streams and progress objects that were passed with it are
    /// no longer used, or until <paramref name="cancellationToken"/> is cancelled. Does not throw.
    /// </summary>
    public async ValueTask EndAndWaitUntilIdleAsync(CancellationToken cancellationToken)
    {
        if (_lastExportedId == 0)
        {
            return;
        }

        List<Task> idle =
        [
            .. peer.ExportedReferences.GetReferencesOf(this)
                .Where(reference => reference is { OutlivesCall: false, Target: ICallScopedTarget })
                .Select(reference => reference.Idle),
        ];
        End();
        await Task.WhenAll(idle).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The call has ended: the peer can no longer call the objects that were passed with it.</summary>
    /// <param name="includeTransferred">
    /// Also the objects that would outlive the call, unless the peer has retained them; true when the message that passes them was not
    /// sent.
    /// </param>
    public void End(bool includeTransferred = false)
    {
        if (_lastExportedId > 0)
        {
            peer.ExportedReferences.ReleaseForCall(this, includeTransferred, 0);
        }
    }

    /// <summary>
    /// The failure of the call was sent after the items: ends the references of items that were not sent. The receiver takes the others
    /// before it gets the failure.
    /// </summary>
    public void EndUnsent()
    {
        if (_lastExportedId > _lastSentId)
        {
            peer.ExportedReferences.ReleaseForCall(this, includeTransferred: true, _lastSentId);
        }
    }

    /// <summary>Returns the references that were received since the last call of this method; null for none.</summary>
    public IReadOnlyList<ImportedReference>? TakeImported()
    {
        List<ImportedReference>? imported = _imported;
        _imported = null;
        return imported;
    }

    /// <summary>An item of the peer with these references was decoded.</summary>
    public void OnItemDecoded() => HasImportedItems |= _imported is not null;

    /// <summary>An item of the peer cannot be decoded: releases the references that were read before the error.</summary>
    public void OnItemUnreadable()
    {
        HasUnreadItem = true;
        DropImported();
    }

    /// <summary>The one-way call of this side has got its stream id. Called under the lock of the session's writer.</summary>
    public void OnOneWayOpening(ulong id) => peer.ExportedReferences.SetStreamId(this, id);

    /// <summary>The message cannot be decoded: releases the references that were read before the error.</summary>
    public void DropImported()
    {
        foreach (ImportedReference reference in TakeImported() ?? [])
        {
            reference.Drop();
        }
    }

    /// <summary>
    /// The consumer has taken an item with these references. In a reply they outlive the stream: a consumer that leaves the stream early
    /// keeps what it has taken.
    /// </summary>
    public void OnItemTaken(IReadOnlyList<ImportedReference> references)
    {
        if (!transfersOwnership)
        {
            foreach (ImportedReference reference in references)
            {
                reference.Retain();
            }
        }
    }

    /// <summary>
    /// The credit for items with references that were taken. If this side holds too many references, the credit is sent when garbage was
    /// collected, so that the peer sends no more items before.
    /// </summary>
    public void SendCreditForTakenItems(CreditSender sendCredit, long bytes) => _ = SendLaterAsync(sendCredit, bytes);

    internal override long Export<TService>(
        IReadOnlyList<TunnelMethod<TService>> methods, TService target, IReadOnlyList<Type>? bases = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target is ITunnelStub { Invoker: RemoteInvoker { ReferenceId: > 0 } own } && own.Peer == peer)
        {
            // The object is one of the peer, which gets its own reference id, negated.
            (_passedBack ??= []).Add(own);
            return -own.ReferenceId;
        }

        _lastExportedId = peer.ExportedReferences.Add(methods, bases ?? [], target, this);
        _exportedCount++;
        return _lastExportedId;
    }

    internal override TunnelInvoker Import(long referenceId)
    {
        if (referenceId <= 0)
        {
            throw new MessagePackException($"Expected a reference id of at least 1, got {referenceId}.");
        }

        ImportedReference imported = peer.ImportedReferences.Add(referenceId);
        (_imported ??= []).Add(imported);
        ImportedCount++;
        return new RemoteInvoker(peer, null, imported);
    }

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

    // The task is not awaited: it throws nothing, and it ends with the collection.
    private async Task SendLaterAsync(CreditSender sendCredit, long bytes)
    {
        await peer.ImportedReferences.WaitForCollectionAsync(CancellationToken.None).ConfigureAwait(false);
        sendCredit(bytes);
    }
}

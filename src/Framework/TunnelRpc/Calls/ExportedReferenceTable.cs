using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TunnelRpc.Ordering;

namespace TunnelRpc.Calls;

/// <summary>The objects of this side that the peer may call, by reference id. An id is never used twice. Thread-safe.</summary>
/// <param name="peer">The peer.</param>
/// <param name="limit">The maximum number of references (limit MaxReferences).</param>
internal sealed class ExportedReferenceTable(TunnelPeer peer, int limit)
{
    // The key is the list of methods, of which there is one for each contract.
    private static readonly ConditionalWeakTable<object, FrozenDictionary<uint, MethodHandler>> Handlers = [];

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<long, ExportedReference> _references = [];

    // Guarded by _gate: how many references the reply of each call has passed, by stream id. Null before the first. With it, a late CANCEL
    // of a call that passed nothing costs one lookup and no search.
    private Dictionary<ulong, int>? _countsByReplyStream;
    private long _lastId;
    private bool _isClosed;

    /// <summary>Exports an object. Returns its reference id.</summary>
    /// <exception cref="TunnelException">
    /// ResourceExhausted: the peer has as many references as MaxReferences allows. Unavailable: the session has ended.
    /// </exception>
    public long Add<TService>(IReadOnlyList<TunnelMethod<TService>> methods, TService target, CallReferences owner)
        where TService : class
    {
        FrozenDictionary<uint, MethodHandler> handlers =
            Handlers.GetValue(methods, static key => CreateHandlers((IReadOnlyList<TunnelMethod<TService>>)key));
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new TunnelException(TunnelStatus.Unavailable, "The session has ended, so no object can be passed by reference.");
            }

            if (_references.Count >= limit)
            {
                throw new TunnelException(
                    TunnelStatus.ResourceExhausted,
                    $"The peer holds {limit} references of this session (limit MaxReferences). Release those that are not used any more.");
            }

            _lastId++;
            if (owner.ReplyStreamId != 0)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_countsByReplyStream ??= [], owner.ReplyStreamId, out _)++;
            }

            _references.Add(_lastId, new ExportedReference(target, handlers, owner)
            {
                OutlivesCall = owner.TransfersOwnership,
                OrderedQueue = methods is [{ IsOrdered: true } method, ..]
                    ? peer.OrderedQueues.GetOrAdd(CallTarget.NameOf(method.Service, _lastId))
                    : null,
            });
            return _lastId;
        }
    }

    /// <summary>The number of references.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _references.Count;
            }
        }
    }

    /// <summary>The reference with an id; null when there is none.</summary>
    public ExportedReference? Find(long referenceId)
    {
        lock (_gate)
        {
            return _references.GetValueOrDefault(referenceId);
        }
    }

    /// <summary>The peer keeps a reference after the call that passed it. Has no effect when the reference was released before.</summary>
    public void Keep(long referenceId)
    {
        lock (_gate)
        {
            if (_references.TryGetValue(referenceId, out ExportedReference? reference))
            {
                reference.OutlivesCall = true;
            }
        }
    }

    /// <summary>Releases a reference, for the peer or at the end of its call. Has no effect when it was released before.</summary>
    public void Release(long referenceId)
    {
        ExportedReference? reference;
        lock (_gate)
        {
            if (_references.Remove(referenceId, out reference)
                && reference.Owner.ReplyStreamId is not 0 and ulong streamId
                && --CollectionsMarshal.GetValueRefOrNullRef(_countsByReplyStream!, streamId) == 0)
            {
                _countsByReplyStream!.Remove(streamId);
            }
        }

        if (reference is not null)
        {
            if (reference.OrderedQueue is { } queue)
            {
                peer.OrderedQueues.Remove(queue);
            }

            peer.RunInBackground(reference.ReleaseAsync);
        }
    }

    /// <summary>The call that passed the references has ended: releases those that do not outlive it.</summary>
    /// <param name="referenceIds">The references.</param>
    /// <param name="includeTransferred">
    /// Also those that outlive the call; true when the message that passes them was not sent or not taken.
    /// </param>
    public void ReleaseForCall(IEnumerable<long> referenceIds, bool includeTransferred)
    {
        foreach (long id in referenceIds)
        {
            bool mustRelease;
            lock (_gate)
            {
                mustRelease = _references.TryGetValue(id, out ExportedReference? reference)
                    && (includeTransferred || !reference.OutlivesCall);
            }

            if (mustRelease)
            {
                Release(id);
            }
        }
    }

    /// <summary>
    /// The peer cancelled a call after its reply was sent, so it has not taken the references of the reply: releases those.
    /// </summary>
    public void ReleaseForReply(ulong streamId)
    {
        long[] ids;
        lock (_gate)
        {
            if (_countsByReplyStream?.ContainsKey(streamId) != true)
            {
                return;
            }

            ids = FindByReplyStreamLocked(streamId);
        }

        ReleaseForCall(ids, includeTransferred: true);
    }

    private long[] FindByReplyStreamLocked(ulong streamId) =>
        [.. _references.Where(r => r.Value.Owner.ReplyStreamId == streamId).Select(r => r.Key)];

    /// <summary>The session has ended: releases all references. Returns the number of those that the peer should have released.</summary>
    public int Close()
    {
        ExportedReference[] remaining;
        lock (_gate)
        {
            _isClosed = true;
            remaining = [.. _references.Values];
            _references.Clear();
            _countsByReplyStream = null;
        }

        foreach (ExportedReference reference in remaining)
        {
            peer.RunInBackground(reference.ReleaseAsync);
        }

        return remaining.Count(r => r.OutlivesCall);
    }

    private static FrozenDictionary<uint, MethodHandler> CreateHandlers<TService>(IReadOnlyList<TunnelMethod<TService>> methods)
        where TService : class
    {
        var factory = new MethodHandlerFactory<TService>(ReferenceActivator<TService>.Instance, filters: null);
        return methods.ToFrozenDictionary(method => method.Id, method => method.Accept(factory));
    }
}

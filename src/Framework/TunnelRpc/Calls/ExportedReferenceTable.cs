using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TunnelRpc.Ordering;

namespace TunnelRpc.Calls;

/// <summary>The objects of this side that the peer may call, by number; a number is never used again. Thread-safe.</summary>
internal sealed class ExportedReferenceTable(TunnelPeer peer, int limit)
{
    // By the list of methods, which is made once a contract.
    private static readonly ConditionalWeakTable<object, FrozenDictionary<uint, MethodHandler>> Handlers = [];

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<long, ExportedReference> _references = [];

    // Guarded by _gate. Of how many of them each answered call is the giver, null before the first: a peer may cancel late as often as it
    // likes, and nothing is looked through for that.
    private Dictionary<ulong, int>? _countsByReplyStream;
    private long _lastId;
    private bool _closed;

    /// <exception cref="TunnelException">There are too many, or the session has ended.</exception>
    public long Add<TService>(IReadOnlyList<TunnelMethod<TService>> methods, TService target, CallReferences owner)
        where TService : class
    {
        FrozenDictionary<uint, MethodHandler> handlers = Handlers.GetValue(methods, static key => CreateHandlers((IReadOnlyList<TunnelMethod<TService>>)key));
        lock (_gate)
        {
            if (_closed)
            {
                throw new TunnelException(TunnelStatus.Unavailable, "The session has ended: nothing can be passed by reference any more.");
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
                OrderedQueue = methods is [{ IsOrdered: true } method, ..] ? peer.OrderedQueues.GetOrAdd(CallTarget.NameOf(method.Service, _lastId)) : null,
            });
            return _lastId;
        }
    }

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

    public ExportedReference? Find(long referenceId)
    {
        lock (_gate)
        {
            return _references.GetValueOrDefault(referenceId);
        }
    }

    /// <summary>The peer keeps a reference beyond the call that it travelled with. One that is gone is nothing to keep.</summary>
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

    /// <summary>The peer releases a reference.</summary>
    public void Release(long referenceId)
    {
        ExportedReference? reference;
        lock (_gate)
        {
            if (_references.Remove(referenceId, out reference) && reference.Owner.ReplyStreamId is not 0 and ulong giver && --CollectionsMarshal.GetValueRefOrNullRef(_countsByReplyStream!, giver) == 0)
            {
                _countsByReplyStream!.Remove(giver);
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

    /// <summary>The call that they travelled with is over.</summary>
    /// <param name="referenceIds">The references.</param>
    /// <param name="includeTransferred">Also those that outlive the call: it was not answered, so the peer has none of them.</param>
    public void ReleaseForCall(IEnumerable<long> referenceIds, bool includeTransferred)
    {
        foreach (long number in referenceIds)
        {
            bool ends;
            lock (_gate)
            {
                ends = _references.TryGetValue(number, out ExportedReference? reference) && (includeTransferred || !reference.OutlivesCall);
            }

            if (ends)
            {
                Release(number);
            }
        }
    }

    /// <summary>A call whose answer was given has been cancelled meanwhile: the peer has not taken what came with it.</summary>
    public void ReleaseForReply(ulong streamId)
    {
        long[] numbers;
        lock (_gate)
        {
            if (_countsByReplyStream?.ContainsKey(streamId) != true)
            {
                return;
            }

            numbers = FindByReplyStreamLocked(streamId);
        }

        ReleaseForCall(numbers, includeTransferred: true);
    }

    private long[] FindByReplyStreamLocked(ulong streamId) => [.. _references.Where(r => r.Value.Owner.ReplyStreamId == streamId).Select(r => r.Key)];

    /// <summary>The session has ended. Gives how many references the peer had not released.</summary>
    public int Close()
    {
        ExportedReference[] left;
        lock (_gate)
        {
            _closed = true;
            left = [.. _references.Values];
            _references.Clear();
            _countsByReplyStream = null;
        }

        foreach (ExportedReference reference in left)
        {
            peer.RunInBackground(reference.ReleaseAsync);
        }

        return left.Count(r => r.OutlivesCall);
    }

    private static FrozenDictionary<uint, MethodHandler> CreateHandlers<TService>(IReadOnlyList<TunnelMethod<TService>> methods)
        where TService : class
    {
        var factory = new MethodHandlerFactory<TService>(ReferenceActivator<TService>.Instance, filters: null);
        return methods.ToFrozenDictionary(method => method.Id, method => method.Accept(factory));
    }
}

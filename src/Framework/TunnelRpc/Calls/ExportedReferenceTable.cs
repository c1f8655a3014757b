using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using TunnelRpc.Accounting;
using TunnelRpc.Ordering;

namespace TunnelRpc.Calls;

/// <summary>The objects of this side that the peer may call, by reference id. An id is never used twice. Thread-safe.</summary>
/// <param name="peer">The peer.</param>
/// <param name="limit">The maximum number of references (limit MaxReferences).</param>
/// <param name="partitions">The user and the address that the references count for; null for none.</param>
internal sealed class ExportedReferenceTable(TunnelPeer peer, int limit, PartitionSet? partitions)
{
    // The key is the list of methods, of which there is one for each contract. For objects on which all calls may run.
    private static readonly ConditionalWeakTable<object, FrozenDictionary<uint, MethodHandler>> Handlers = [];

    private readonly Lock _gate = new();

    // Guarded by _gate. Null before the first reference: most sessions pass none.
    private Dictionary<long, ExportedReference>? _references;

    // Guarded by _gate: the references of each reply, and of each one-way call of this side, that has passed any, by stream id. Null before
    // the first. With it, a late CANCEL of a call that passed nothing costs one lookup and no search.
    private Dictionary<ulong, CallReferences>? _ownersByStream;

    // Guarded by _gate: completes with the next release; null when nothing waits for one.
    private TaskCompletionSource? _nextRelease;
    private long _lastId;
    private bool _isClosed;

    /// <summary>Exports an object. Returns its reference id.</summary>
    /// <exception cref="TunnelException">
    /// ResourceExhausted: the peer, or all sessions of its user or address, have as many references as MaxReferences allows. Unavailable:
    /// the session has ended.
    /// </exception>
    public long Add<TService>(
        IReadOnlyList<TunnelMethod<TService>> methods, IReadOnlyList<Type> bases, TService target, CallReferences owner)
        where TService : class
    {
        FrozenDictionary<uint, MethodHandler> handlers = peer.RestrictedReferences?.Find(methods, bases, target.GetType())
            ?? Handlers.GetValue(methods, static key => ReferenceHandlers.Create((IReadOnlyList<TunnelMethod<TService>>)key));
        if (partitions?.Acquire(PartitionResource.Reference) is { } refusal)
        {
            throw refusal.ToException();
        }

        try
        {
            return AddAcquired(methods, handlers, target, owner);
        }
        catch
        {
            partitions?.Release(PartitionResource.Reference);
            throw;
        }
    }

    /// <summary>Whether the peer has as many references as MaxReferences allows. A hint: it may change at any time.</summary>
    public bool IsFull => Count >= limit;

    /// <summary>The number of references.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return CountLocked;
            }
        }
    }

    // Called under _gate.
    private int CountLocked => _references?.Count ?? 0;

    /// <summary>The reference with an id; null when there is none.</summary>
    public ExportedReference? Find(long referenceId)
    {
        lock (_gate)
        {
            return _references?.GetValueOrDefault(referenceId);
        }
    }

    /// <summary>The peer keeps a reference after the call that passed it. Has no effect when the reference was released before.</summary>
    public void Keep(long referenceId)
    {
        lock (_gate)
        {
            if (_references?.GetValueOrDefault(referenceId) is { } reference)
            {
                reference.IsRetained = true;
            }
        }
    }

    /// <summary>The number of references that a call has passed and that are not released.</summary>
    public int CountOf(CallReferences owner)
    {
        lock (_gate)
        {
            return owner.ExportedIds.Count;
        }
    }

    /// <summary>The references that a call has passed and that are not released.</summary>
    public IReadOnlyList<ExportedReference> GetReferencesOf(CallReferences owner)
    {
        lock (_gate)
        {
            return [.. owner.ExportedIds.Select(id => _references![id])];
        }
    }

    /// <summary>
    /// Waits while the peer has almost as many references as MaxReferences allows, at most for <paramref name="maxWait"/>: for a one-way
    /// call, whose caller does not wait for the receiver.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask WaitForCapacityAsync(TimeSpan maxWait, CancellationToken cancellationToken)
    {
        int threshold = limit - Math.Min(limit / 8, 64);
        long start = peer.Options.TimeProvider.GetTimestamp();
        while (GetNextRelease(threshold) is { } released
            && maxWait - peer.Options.TimeProvider.GetElapsedTime(start) is var remaining && remaining > TimeSpan.Zero)
        {
            await released.WaitAsync(remaining, peer.Options.TimeProvider, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Releases a reference, for the peer or at the end of its call. Has no effect when it was released before.</summary>
    public void Release(long referenceId)
    {
        ExportedReference? reference = null;
        lock (_gate)
        {
            if (_references is { } references && references.Remove(referenceId, out reference))
            {
                reference.Owner.ExportedIds.Remove(referenceId);
                if (reference.Owner is { StreamId: not 0, ExportedIds.Count: 0 })
                {
                    _ownersByStream!.Remove(reference.Owner.StreamId);
                }

                _nextRelease?.SetResult();
                _nextRelease = null;
            }
        }

        if (reference is not null)
        {
            partitions?.Release(PartitionResource.Reference);
            if (reference.OrderedQueue is { } queue)
            {
                peer.OrderedQueues.Remove(queue);
            }

            reference.Owner.ItemWindow?.Wake();
            peer.RunInBackground(reference.ReleaseAsync);
        }
    }

    /// <summary>The call that passed the references has ended: releases those that do not outlive it.</summary>
    /// <param name="owner">The references of the call.</param>
    /// <param name="includeTransferred">
    /// Also those that outlive the call, unless the peer has retained them; true when the message that passes them was not sent or not
    /// taken.
    /// </param>
    /// <param name="afterId">Only references with a higher id.</param>
    public void ReleaseForCall(CallReferences owner, bool includeTransferred, long afterId)
    {
        long[] ids;
        lock (_gate)
        {
            ids =
            [
                .. owner.ExportedIds.Where(id => id > afterId
                    && _references![id] is var reference && (includeTransferred ? !reference.IsRetained : !reference.OutlivesCall)),
            ];
        }

        foreach (long id in ids)
        {
            Release(id);
        }
    }

    /// <summary>A one-way call that passes references has got its stream id: the peer may refuse its references by this id.</summary>
    public void SetStreamId(CallReferences owner, ulong streamId)
    {
        lock (_gate)
        {
            owner.StreamId = streamId;
            AddOwnerLocked(owner);
        }
    }

    /// <summary>
    /// The peer cancelled a call after its reply was sent, or refuses the references of a one-way call. So it has not taken the references
    /// of the message, except those that it has retained: releases the others.
    /// </summary>
    public void ReleaseForStream(ulong streamId)
    {
        CallReferences? owner;
        lock (_gate)
        {
            if (_ownersByStream?.TryGetValue(streamId, out owner) is not true)
            {
                return;
            }
        }

        ReleaseForCall(owner!, includeTransferred: true, 0);
    }

    /// <summary>Completes with the next release; null when fewer than <paramref name="threshold"/> references exist.</summary>
    private Task? GetNextRelease(int threshold)
    {
        lock (_gate)
        {
            return CountLocked < threshold || _isClosed ? null
                : (_nextRelease ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>The session has ended: releases all references. Returns the number of those that the peer should have released.</summary>
    public int Close()
    {
        ExportedReference[] remaining;
        lock (_gate)
        {
            _isClosed = true;
            remaining = _references is null ? [] : [.. _references.Values];
            _references = null;
            _ownersByStream = null;
            foreach (ExportedReference reference in remaining)
            {
                reference.Owner.ExportedIds.Clear();
            }

            _nextRelease?.SetResult();
            _nextRelease = null;
        }

        partitions?.Release(PartitionResource.Reference, remaining.Length);
        foreach (ExportedReference reference in remaining)
        {
            peer.RunInBackground(reference.ReleaseAsync);
        }

        return remaining.Count(r => r.OutlivesCall);
    }

    private long AddAcquired<TService>(
        IReadOnlyList<TunnelMethod<TService>> methods,
        FrozenDictionary<uint, MethodHandler> handlers,
        TService target,
        CallReferences owner)
        where TService : class
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new TunnelException(TunnelStatus.Unavailable, "The session has ended, so no object can be passed by reference.");
            }

            _references ??= [];
            if (_references.Count >= limit)
            {
                throw new TunnelException(
                    TunnelStatus.ResourceExhausted,
                    $"The peer holds {limit} references of this session (limit MaxReferences of this side). At the peer, read received "
                        + "streams to their end or dispose them (IAsyncDisposable), call Release() on received services, and keep neither "
                        + "in lists; or raise Limits.MaxReferences here.");
            }

            _lastId++;
            owner.ExportedIds.Add(_lastId);
            AddOwnerLocked(owner);
            _references.Add(_lastId, new ExportedReference(target, handlers, owner)
            {
                OrderedQueue = methods is [{ IsOrdered: true } method, ..]
                    ? peer.OrderedQueues.GetOrAdd(CallTarget.NameOf(method.Service, _lastId))
                    : null,
            });
            return _lastId;
        }
    }

    private void AddOwnerLocked(CallReferences owner)
    {
        if (owner is { StreamId: not 0, ExportedIds.Count: > 0 })
        {
            (_ownersByStream ??= [])[owner.StreamId] = owner;
        }
    }
}

using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TunnelRpc.Ordering;

namespace TunnelRpc.Calls;

/// <summary>The objects of this side that the peer may call, by number; a number is never used again. Thread-safe.</summary>
internal sealed class ReferenceTable(TunnelPeer peer, int limit)
{
    // By the list of methods, which is made once a contract.
    private static readonly ConditionalWeakTable<object, FrozenDictionary<uint, MethodHandler>> Handlers = [];

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<long, ExportedReference> _references = [];

    // Guarded by _gate. Of how many of them each answered call is the giver, null before the first: a peer may cancel late as often as it
    // likes, and nothing is looked through for that.
    private Dictionary<ulong, int>? _givers;
    private long _last;
    private bool _closed;

    /// <exception cref="TunnelException">There are too many, or the session has ended.</exception>
    public long Add<TService>(IReadOnlyList<TunnelMethod<TService>> methods, TService target, CallReferences owner)
        where TService : class
    {
        FrozenDictionary<uint, MethodHandler> handlers = Handlers.GetValue(methods, static key => Make((IReadOnlyList<TunnelMethod<TService>>)key));
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

            _last++;
            if (owner.AnswersStream != 0)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_givers ??= [], owner.AnswersStream, out _)++;
            }

            _references.Add(_last, new ExportedReference(target, handlers, owner)
            {
                OutlivesCall = owner.GivesAway,
                Order = methods is [{ IsOrdered: true } method, ..] ? peer.Queues.Get(CallTarget.NameOf(method.Service, _last)) : null,
            });
            return _last;
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

    public ExportedReference? Find(long number)
    {
        lock (_gate)
        {
            return _references.GetValueOrDefault(number);
        }
    }

    /// <summary>The peer keeps a reference beyond the call that it travelled with. One that is gone is nothing to keep.</summary>
    public void Keep(long number)
    {
        lock (_gate)
        {
            if (_references.TryGetValue(number, out ExportedReference? reference))
            {
                reference.OutlivesCall = true;
            }
        }
    }

    /// <summary>The peer releases a reference.</summary>
    public void Release(long number)
    {
        ExportedReference? reference;
        lock (_gate)
        {
            if (_references.Remove(number, out reference) && reference.Owner.AnswersStream is not 0 and ulong giver && --CollectionsMarshal.GetValueRefOrNullRef(_givers!, giver) == 0)
            {
                _givers!.Remove(giver);
            }
        }

        if (reference is not null)
        {
            if (reference.Order is { } queue)
            {
                peer.Queues.Remove(queue);
            }

            peer.Run(reference.ReleaseAsync);
        }
    }

    /// <summary>The call that they travelled with is over.</summary>
    /// <param name="numbers">The references.</param>
    /// <param name="all">Also those that outlive the call: it was not answered, so the peer has none of them.</param>
    public void EndCall(IEnumerable<long> numbers, bool all)
    {
        foreach (long number in numbers)
        {
            bool ends;
            lock (_gate)
            {
                ends = _references.TryGetValue(number, out ExportedReference? reference) && (all || !reference.OutlivesCall);
            }

            if (ends)
            {
                Release(number);
            }
        }
    }

    /// <summary>A call whose answer was given has been cancelled meanwhile: the peer has not taken what came with it.</summary>
    public void EndAnswer(ulong stream)
    {
        long[] numbers;
        lock (_gate)
        {
            if (_givers?.ContainsKey(stream) != true)
            {
                return;
            }

            numbers = GivenLocked(stream);
        }

        EndCall(numbers, all: true);
    }

    private long[] GivenLocked(ulong stream) => [.. _references.Where(r => r.Value.Owner.AnswersStream == stream).Select(r => r.Key)];

    /// <summary>The session has ended. Gives how many references the peer had not released.</summary>
    public int Close()
    {
        ExportedReference[] left;
        lock (_gate)
        {
            _closed = true;
            left = [.. _references.Values];
            _references.Clear();
            _givers = null;
        }

        foreach (ExportedReference reference in left)
        {
            peer.Run(reference.ReleaseAsync);
        }

        return left.Count(r => r.OutlivesCall);
    }

    private static FrozenDictionary<uint, MethodHandler> Make<TService>(IReadOnlyList<TunnelMethod<TService>> methods)
        where TService : class
    {
        var factory = new MethodHandlerFactory<TService>(ReferenceActivator<TService>.Instance, filters: null);
        return methods.ToFrozenDictionary(method => method.Id, method => method.Accept(factory));
    }
}

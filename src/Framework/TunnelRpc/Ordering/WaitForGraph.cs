namespace TunnelRpc.Ordering;

/// <summary>
/// Which chains wait for which targets, and which chains hold them, as far as this process knows: what its own queues say, and
/// what peers say of theirs with each nested call. Finds the cycles that would wait for ever. Thread-safe.
/// </summary>
internal sealed class WaitForGraph
{
    // Taken before that of a queue, never the other way round.
    private readonly Lock _gate = new();

    // Guarded by _gate: what each chain waits for.
    private readonly Dictionary<ulong, List<WaitForEdge>> _waits = [];

    // Guarded by _gate: which chains hold a target of a peer, once for each call that said so.
    private readonly Dictionary<CallTarget, List<ulong>> _peerHolders = [];

    /// <summary>The process's: a chain may pass through several sessions, of servers and clients.</summary>
    public static WaitForGraph Shared { get; } = new();

    /// <summary>A chain begins to wait, unless that closes a cycle.</summary>
    /// <param name="chainId">The chain.</param>
    /// <param name="target">What it waits for.</param>
    /// <param name="cycle">When false: the names on the cycle, in order, the first at the end again.</param>
    /// <returns>What is to be disposed with the wait; null when there is a cycle.</returns>
    public WaitForEdge? AddWaitUnlessCycle(ulong chainId, CallTarget target, out IReadOnlyList<string> cycle)
    {
        lock (_gate)
        {
            cycle = FindCycle(chainId, target);
            if (cycle.Count > 0)
            {
                return null;
            }

            if (!_waits.TryGetValue(chainId, out List<WaitForEdge>? waits))
            {
                _waits.Add(chainId, waits = []);
            }

            var wait = new WaitForEdge(this, chainId, target);
            waits.Add(wait);
            return wait;
        }
    }

    /// <summary>A chain waits no longer.</summary>
    public void RemoveWait(WaitForEdge wait)
    {
        lock (_gate)
        {
            if (_waits.TryGetValue(wait.ChainId, out List<WaitForEdge>? waits) && waits.Remove(wait) && waits.Count == 0)
            {
                _waits.Remove(wait.ChainId);
            }
        }
    }

    /// <summary>A peer says that the chain of its call holds these targets of its own.</summary>
    public void AddHolder(ulong chainId, object peer, IReadOnlyList<string> names)
    {
        lock (_gate)
        {
            foreach (string name in names)
            {
                var target = new CallTarget(peer, name);
                if (!_peerHolders.TryGetValue(target, out List<ulong>? chains))
                {
                    _peerHolders.Add(target, chains = []);
                }

                chains.Add(chainId);
            }
        }
    }

    /// <summary>That call is over.</summary>
    public void RemoveHolder(ulong chainId, object peer, IReadOnlyList<string> names)
    {
        lock (_gate)
        {
            foreach (string name in names)
            {
                var target = new CallTarget(peer, name);
                if (_peerHolders.TryGetValue(target, out List<ulong>? chains) && chains.Remove(chainId) && chains.Count == 0)
                {
                    _peerHolders.Remove(target);
                }
            }
        }
    }

    /// <summary>Nothing is waited for and nothing held: for tests.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _waits.Count == 0 && _peerHolders.Count == 0;
            }
        }
    }

    /// <summary>The names on a cycle that the wait would close; empty when there is none. Breadth first: the shortest is the one to tell of.</summary>
    private List<string> FindCycle(ulong chainId, CallTarget target)
    {
        // Each target that was reached, and the one from whose holder.
        var reached = new Dictionary<CallTarget, CallTarget?> { [target] = null };
        var next = new Queue<CallTarget>([target]);
        while (next.TryDequeue(out CallTarget current))
        {
            foreach (ulong holder in GetHolders(current))
            {
                if (holder == chainId)
                {
                    // What the chain holds itself, it is let into.
                    if (current == target)
                    {
                        continue;
                    }

                    return DescribeCycle(current, reached);
                }

                foreach (WaitForEdge wait in _waits.GetValueOrDefault(holder, []))
                {
                    if (reached.TryAdd(wait.Target, current))
                    {
                        next.Enqueue(wait.Target);
                    }
                }
            }
        }

        return [];
    }

    private List<ulong> GetHolders(CallTarget target) => target.Owner is OrderedQueue queue
        ? queue.RunningChainId is ulong chain and not 0 ? [chain] : []
        : _peerHolders.GetValueOrDefault(target, []);

    private static List<string> DescribeCycle(CallTarget held, Dictionary<CallTarget, CallTarget?> reached)
    {
        List<string> names = [held.Name];
        for (CallTarget? step = held; step is CallTarget current; step = reached[current])
        {
            names.Insert(1, current.Name);
        }

        return names;
    }
}

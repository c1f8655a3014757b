namespace TunnelRpc.Ordering;

/// <summary>
/// The wait-for graph of call chains and targets under ordered dispatch: which chain waits for which target, and which chains run in each
/// target. It contains what this process knows: its own queues, and the targets that peers state with each nested call. Finds deadlocks,
/// which are cycles. Thread-safe.
/// </summary>
internal sealed class WaitForGraph
{
    // Lock order: this gate, then the gate of an OrderedQueue.
    private readonly Lock _gate = new();

    // Guarded by _gate: the waits of each chain.
    private readonly Dictionary<ulong, List<WaitForEdge>> _waits = [];

    // Guarded by _gate: the chains that run in a target of a peer; one entry per call that stated it.
    private readonly Dictionary<CallTarget, List<ulong>> _peerHolders = [];

    /// <summary>The graph of this process: a chain may pass through several sessions, of servers and clients.</summary>
    public static WaitForGraph Shared { get; } = new();

    /// <summary>Adds a wait, unless it would close a cycle.</summary>
    /// <param name="chainId">The chain that waits.</param>
    /// <param name="target">The target of the wait.</param>
    /// <param name="cycle">If the result is null: the names on the cycle, in order; the first one is also the last.</param>
    /// <returns>The edge, which the caller disposes when the wait ends; null if there is a cycle.</returns>
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

            var edge = new WaitForEdge(this, chainId, target);
            waits.Add(edge);
            return edge;
        }
    }

    /// <summary>Removes a wait. Idempotent.</summary>
    public void RemoveWait(WaitForEdge edge)
    {
        lock (_gate)
        {
            if (_waits.TryGetValue(edge.ChainId, out List<WaitForEdge>? waits) && waits.Remove(edge) && waits.Count == 0)
            {
                _waits.Remove(edge.ChainId);
            }
        }
    }

    /// <summary>A peer states with a call that the call's chain runs in these targets of the peer.</summary>
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

    /// <summary>The call of <see cref="AddHolder"/> has ended.</summary>
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

    /// <summary>Whether the graph has no waits and no targets of peers. For tests.</summary>
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

    /// <summary>
    /// The names on a cycle that the wait would close; empty if there is none. Breadth-first, so that the shortest cycle is reported.
    /// </summary>
    private List<string> FindCycle(ulong chainId, CallTarget target)
    {
        // Each target that was reached, with its predecessor on the path; null for the first.
        var reached = new Dictionary<CallTarget, CallTarget?> { [target] = null };
        var next = new Queue<CallTarget>([target]);
        while (next.TryDequeue(out CallTarget current))
        {
            foreach (ulong holder in GetHolders(current))
            {
                if (holder == chainId)
                {
                    // A chain may call a target in which it runs itself: that is no wait.
                    if (current == target)
                    {
                        continue;
                    }

                    return DescribeCycle(current, reached);
                }

                foreach (WaitForEdge edge in _waits.GetValueOrDefault(holder, []))
                {
                    if (reached.TryAdd(edge.Target, current))
                    {
                        next.Enqueue(edge.Target);
                    }
                }
            }
        }

        return [];
    }

    private List<ulong> GetHolders(CallTarget target) => target.Owner is OrderedQueue queue
        ? queue.RunningChainId is ulong chain and not 0 ? [chain] : []
        : _peerHolders.GetValueOrDefault(target, []);

    private static List<string> DescribeCycle(CallTarget last, Dictionary<CallTarget, CallTarget?> reached)
    {
        List<string> names = [last.Name];
        for (CallTarget? step = last; step is CallTarget current; step = reached[current])
        {
            names.Insert(1, current.Name);
        }

        return names;
    }
}

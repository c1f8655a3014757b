namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0053-nested-calls-always-progress.md
/// <summary>
/// The nested calls that run beyond a limit, by chain. A call may join only if it is deeper than those of its chain here, so a call that
/// makes many at once makes them one after the other, and the deepest call of a chain does not wait. Not thread-safe: the lock of the
/// owner guards it. Never copied.
/// </summary>
internal struct CallsBeyondLimit
{
    // The depths of each chain, in ascending order. Created on demand: most sessions never need it.
    private SortedDictionary<ulong, List<int>>? _depths;

    /// <summary>Whether the call is deeper than those of its chain.</summary>
    public readonly bool IsDeepestOfChain(NestedCall call) =>
        _depths is null || !_depths.TryGetValue(call.ChainId, out List<int>? depths) || depths[^1] < call.Depth;

    /// <summary>
    /// Whether the call is deeper than those of its chain, and no chain here has a smaller id. Both sides order chains in the same way, so
    /// that one chain never waits, whichever direction its calls have.
    /// </summary>
    public readonly bool IsFirst(NestedCall call) =>
        _depths is not { Count: > 0 } || (call.ChainId <= _depths.First().Key && IsDeepestOfChain(call));

    /// <summary>The call runs beyond the limit.</summary>
    public void Add(NestedCall call)
    {
        _depths ??= [];
        if (!_depths.TryGetValue(call.ChainId, out List<int>? depths))
        {
            _depths.Add(call.ChainId, depths = []);
        }

        int index = depths.BinarySearch(call.Depth);
        depths.Insert(index < 0 ? ~index : index, call.Depth);
    }

    /// <summary>The call has ended.</summary>
    public readonly void Remove(NestedCall call)
    {
        if (_depths?.TryGetValue(call.ChainId, out List<int>? depths) == true && depths.Remove(call.Depth) && depths.Count == 0)
        {
            _depths.Remove(call.ChainId);
        }
    }
}

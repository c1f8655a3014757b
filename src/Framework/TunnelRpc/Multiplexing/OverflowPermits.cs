namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0053-nested-calls-always-progress.md
/// <summary>
/// The permits beyond the limit that nested calls hold, by chain. A chain may have one call of each depth here, each deeper than those
/// before. So the deepest waiting call of a chain never waits for a permit: it can complete, and with it the call that waits for it. Calls
/// of the same depth (a call that makes many at once) take turns. Not thread-safe: the limiter's lock guards it.
/// </summary>
internal sealed class OverflowPermits
{
    // The depths of each chain, in ascending order.
    private readonly Dictionary<ulong, List<int>> _depths = [];

    /// <summary>The permits that are held.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the call is deeper than those of its chain that hold a permit here.</summary>
    public bool Admits(NestedCall call) => !_depths.TryGetValue(call.ChainId, out List<int>? depths) || depths[^1] < call.Depth;

    /// <summary>The call takes a permit. Only if <see cref="Admits"/>.</summary>
    public void Add(NestedCall call)
    {
        if (!_depths.TryGetValue(call.ChainId, out List<int>? depths))
        {
            _depths.Add(call.ChainId, depths = []);
        }

        depths.Add(call.Depth);
        Count++;
    }

    /// <summary>The call releases its permit.</summary>
    public void Remove(NestedCall call)
    {
        List<int> depths = _depths[call.ChainId];
        depths.Remove(call.Depth);
        Count--;
        if (depths.Count == 0)
        {
            _depths.Remove(call.ChainId);
        }
    }
}

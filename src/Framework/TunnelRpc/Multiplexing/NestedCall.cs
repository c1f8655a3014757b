namespace TunnelRpc.Multiplexing;

/// <summary>The place of a nested call in its chain.</summary>
/// <param name="ChainId">The chain's id; 0 if the call is not nested.</param>
/// <param name="Depth">The calls of the chain that wait for this one: 1 for the first nested call.</param>
internal readonly record struct NestedCall(ulong ChainId, int Depth)
{
    /// <summary>Whether the call is nested in a running one.</summary>
    public bool IsNested => ChainId != 0;

    /// <summary>
    /// The calls of one direction of one session that may run at the same time if all but the first <paramref name="limit"/> are nested.
    /// Chains of a depth of 32 stay within it, however many run.
    /// </summary>
    /// <param name="limit">The limit MaxConcurrentCalls of the side that serves them.</param>
    public static long MaxRunning(int limit) => Math.Max(1024, 17L * limit);
}

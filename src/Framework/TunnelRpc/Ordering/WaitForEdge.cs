namespace TunnelRpc.Ordering;

/// <summary>
/// A chain waits, or may have to wait, for a target. Disposed when it does not any more. Disposal is idempotent and thread-safe.
/// </summary>
internal sealed class WaitForEdge(WaitForGraph graph, ulong chainId, CallTarget target) : IDisposable
{
    /// <summary>The chain that waits.</summary>
    public ulong ChainId => chainId;

    /// <summary>The target of the wait.</summary>
    public CallTarget Target => target;

    /// <summary>Removes the edge from the graph.</summary>
    public void Dispose() => graph.RemoveWait(this);
}

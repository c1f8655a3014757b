namespace TunnelRpc.Ordering;

/// <summary>A call of a chain that waits, or may have to wait, for a target. Disposed when it does not any more; safe to dispose again.</summary>
internal sealed class WaitForEdge(WaitForGraph graph, ulong chainId, CallTarget target) : IDisposable
{
    public ulong ChainId => chainId;

    public CallTarget Target => target;

    public void Dispose() => graph.RemoveWait(this);
}

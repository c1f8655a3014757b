namespace TunnelRpc.Ordering;

/// <summary>A call of a chain that waits, or may have to wait, for a target. Disposed when it does not any more; safe to dispose again.</summary>
internal sealed class ChainWait(WaitGraph graph, ulong chain, CallTarget target) : IDisposable
{
    public ulong Chain => chain;

    public CallTarget Target => target;

    public void Dispose() => graph.End(this);
}

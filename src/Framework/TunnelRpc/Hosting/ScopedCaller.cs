using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>
/// The caller of the call for which a dependency-injection scope was created. Set before any other service is resolved from the scope.
/// </summary>
internal sealed class ScopedCaller
{
    private TunnelPeer? _peer;

    public TunnelPeer Peer
    {
        get => _peer ?? throw new InvalidOperationException(
            "ITunnelCaller is available only in a scoped or transient service that serves a call. Use ITunnelClients elsewhere.");
        set => _peer = value;
    }
}

using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>Who makes the call that a dependency-injection scope was made for. Set before anything is resolved from the scope.</summary>
internal sealed class ScopedCaller
{
    private TunnelPeer? _peer;

    public TunnelPeer Peer
    {
        get => _peer ?? throw new InvalidOperationException(
            "ITunnelCaller can be used by a service of scoped or transient lifetime, while a call runs on it. Elsewhere, use ITunnelClients.");
        set => _peer = value;
    }
}

using TunnelRpc.Load.Peers.Clients;
using TunnelRpc.Load.Peers.Grpc;
using TunnelRpc.Load.Peers.Plain;
using TunnelRpc.Load.Peers.SignalR;
using TunnelRpc.Load.Peers.StreamRpc;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

namespace TunnelRpc.Load.Peers;

/// <summary>A system that this program measures.</summary>
/// <param name="Name">One of <see cref="SystemNames.Peers"/>.</param>
/// <param name="CreateServer">Creates its server, which is not started.</param>
/// <param name="ConnectAsync">Connects its client to a port on 127.0.0.1.</param>
internal sealed record PeerSystem(string Name, Func<ILoadServer> CreateServer, Func<int, Task<IPeerClient>> ConnectAsync)
{
    private static readonly PeerSystem[] All =
    [
        new(SystemNames.Grpc, () => new GrpcServer(), GrpcClient.ConnectAsync),
        new(SystemNames.SignalR, () => new SignalRServer(), SignalRClient.ConnectAsync),
        new(SystemNames.StreamJsonRpc, () => new JsonRpcServer(), JsonRpcClient.ConnectAsync),
        new(SystemNames.TunnelRpcPlain, () => new PlainServer(), PlainClient.ConnectAsync),
    ];

    public static PeerSystem Find(string name) => All.FirstOrDefault(system => system.Name == name)
        ?? throw new ArgumentException($"Expected one of {string.Join(", ", SystemNames.Peers)}, got '{name}'.", nameof(name));
}

using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network;

/// <summary>A way to the server, by its name.</summary>
internal sealed class SimTransport(string name, SimNetwork network) : ITransport
{
    public string Name => name;

    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
        network.ConnectAsync(name, cancellationToken);
}

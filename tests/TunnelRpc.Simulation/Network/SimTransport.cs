using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network;

/// <summary>A transport over the simulated network.</summary>
internal sealed class SimTransport(string name, SimNetwork network) : ITransport
{
    public string Name => name;

    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
        network.ConnectAsync(name, cancellationToken);
}

using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Legs;

namespace TunnelRpc.Simulation.Network.Exchanges;

/// <summary>The product's long-poll transport over simulated HTTP: POST blocks for the upload leg, polls for the download leg.</summary>
internal sealed class SimLongPollTransport(SimNetwork network, SimClock clock, SimRandom random, Trace trace) : ITransport
{
    private readonly LongPollTransport _transport = new();

    public string Name => _transport.Name;

    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
        _transport.ConnectAsync(
            endpoint with { HttpMessageHandlerFactory = () => new SimHttpHandler(network, clock, random, trace) }, cancellationToken);
}

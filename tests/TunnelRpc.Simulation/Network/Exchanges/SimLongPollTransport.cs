using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Legs;

namespace TunnelRpc.Simulation.Network.Exchanges;

/// <summary>The real long-poll transport over simulated HTTP: blocks up, polls down.</summary>
internal sealed class SimLongPollTransport(SimNetwork network, SimClock clock, SimRandom random, Trace trace) : ITransport
{
    private readonly LongPollTransport _real = new();

    public string Name => _real.Name;

    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
        _real.ConnectAsync(endpoint with { HttpMessageHandlerFactory = () => new SimHttpHandler(network, clock, random, trace) }, cancellationToken);
}

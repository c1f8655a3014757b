using TunnelRpc.Transports;
using TunnelRpc.Transports.Connect;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Calls.Tests;

/// <summary>Connects with the transport "connect" through a proxy, which runs until the process exits.</summary>
internal sealed class ThroughProxy : ITransport
{
    private static readonly ConnectProxy Proxy = ConnectProxy.Start();

    private readonly ConnectTransport _transport = new();

    public string Name => _transport.Name;

    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
        _transport.ConnectAsync(endpoint with { Proxy = Proxy.Address }, cancellationToken);
}

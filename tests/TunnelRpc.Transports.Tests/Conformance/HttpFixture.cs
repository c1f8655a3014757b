using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>A transport to a real Kestrel server with all acceptors.</summary>
internal sealed class HttpFixture : ITransportFixture
{
    private readonly TransportTestServer _server;
    private readonly TcpListener _unresponsive;
    private readonly ConnectProxy? _proxy;

    // Bound but not listening: connections are refused, and no other process can bind the port.
    private readonly Socket _refusing = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private HttpFixture(ITransport transport, TransportTestServer server, ConnectProxy? proxy)
    {
        Transport = transport;
        _server = server;
        _proxy = proxy;
        _unresponsive = new TcpListener(IPAddress.Loopback, 0);
        _unresponsive.Start();
    }

    public ITransport Transport { get; }

    public TunnelEndpoint Endpoint => _server.Endpoint with
    {
        Proxy = _proxy?.Address,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
    };

    /// <summary>An endpoint whose server accepts sockets and never responds.</summary>
    public TunnelEndpoint Unresponsive => At((IPEndPoint)_unresponsive.LocalEndpoint);

    public static async Task<ITransportFixture> StartAsync(
        ITransport transport, bool throughProxy = false, bool tls = false, HttpProtocols protocols = HttpProtocols.Http1AndHttp2)
        => new HttpFixture(
            transport,
            await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors(), tls: tls, protocols: protocols),
            throughProxy ? ConnectProxy.Start() : null);

    public ValueTask<TunnelEndpoint> GetUnreachableEndpointAsync()
    {
        _refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ValueTask.FromResult(At((IPEndPoint)_refusing.LocalEndPoint!));
    }

    public ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken) => _server.AcceptAsync(cancellationToken);

    public Task StopServerAsync() => _server.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _unresponsive.Dispose();
        _refusing.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    private TunnelEndpoint At(IPEndPoint endPoint)
        => Endpoint with { Address = new Uri($"{_server.Address.Scheme}://{endPoint}/tunnel") };
}

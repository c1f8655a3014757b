using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>A listener whose accepted connections are <see cref="RawPeer"/>s: a server that the test implements.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawServer() => _listener.Start();

    public TunnelEndpoint Endpoint => new(new Uri($"http://{_listener.LocalEndpoint}/tunnel"));

    public async Task<RawPeer> AcceptAsync(CancellationToken cancellationToken) =>
        new(await _listener.AcceptTcpClientAsync(cancellationToken));

    public void Dispose() => _listener.Dispose();
}

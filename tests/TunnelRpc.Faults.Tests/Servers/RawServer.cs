using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Faults.Tests.Servers;

/// <summary>An upstream server that the test implements.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawServer() => _listener.Start();

    public Uri Address => new($"http://{_listener.LocalEndpoint}/");

    public async Task<RawPeer> AcceptAsync() => new(await _listener.AcceptSocketAsync().DefaultTimeout());

    public void Dispose() => _listener.Dispose();
}

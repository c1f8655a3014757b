using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Gateway.Tests.Apps;

/// <summary>A server of a user that speaks raw bytes: a test accepts its connections one by one.</summary>
internal sealed class RawOrigin : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawOrigin() => _listener.Start();

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async Task<RawConnection> AcceptAsync() => new(await _listener.AcceptTcpClientAsync());

    public void Dispose() => _listener.Dispose();
}

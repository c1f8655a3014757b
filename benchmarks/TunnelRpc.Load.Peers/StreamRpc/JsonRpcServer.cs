using System.Net;
using System.Net.Sockets;
using TunnelRpc.Load.Peers.Contract;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

namespace TunnelRpc.Load.Peers.StreamRpc;

/// <summary>StreamJsonRpc over TCP, for one client.</summary>
internal sealed class JsonRpcServer : ILoadServer
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Task<JsonRpcConnection>? _connection;

    public Task<int[]> StartAsync(params IReadOnlyList<int> fixedPorts)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, fixedPorts is [var port, ..] ? port : 0));
        _listener.Listen();
        _connection = AcceptAsync();
        return Task.FromResult<int[]>([((IPEndPoint)_listener.LocalEndPoint!).Port]);
    }

    public async Task<Figures> CallBackAsync(int concurrency, TimeSpan duration)
    {
        IJsonRpcLoad client = (await _connection!).Peer;
        return await CallLoop.RunAsync(() => new ValueTask<PeerSample>(client.EchoAsync(PeerSample.One)), concurrency, duration);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        if (_connection is { IsCompletedSuccessfully: true })
        {
            (await _connection).Dispose();
        }
    }

    private async Task<JsonRpcConnection> AcceptAsync() => JsonRpcConnection.Start(await _listener.AcceptAsync());
}

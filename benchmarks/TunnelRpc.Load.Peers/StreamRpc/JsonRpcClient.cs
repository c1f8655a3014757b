using System.Net;
using System.Net.Sockets;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Peers.Clients;
using TunnelRpc.Load.Peers.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Peers.StreamRpc;

/// <summary>A connection to <see cref="JsonRpcServer"/>.</summary>
internal sealed class JsonRpcClient(JsonRpcConnection connection) : IPeerClient
{
    private readonly IJsonRpcLoad _server = connection.Peer;

    public static async Task<IPeerClient> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new JsonRpcClient(JsonRpcConnection.Start(socket));
    }

    public Task CallAsync() => _server.EchoAsync(PeerSample.One);

    public Task<Figures> CallAsync(int concurrency, TimeSpan duration) =>
        CallLoop.RunAsync(() => new ValueTask<PeerSample>(_server.EchoAsync(PeerSample.One)), concurrency, duration);

    public Task<long> DownloadItemsAsync(TimeSpan duration) =>
        Items.CountAsync(_server.DownloadItemsAsync((int)duration.TotalMilliseconds));

    public Task<long> UploadItemsAsync(TimeSpan duration) => _server.UploadItemsAsync(JsonRpcLoad.ItemsFor(duration));

    public Task DownloadBytesAsync() => Items.CountAsync(_server.DownloadAsync());

    public Task UploadBytesAsync() => _server.UploadAsync(JsonRpcLoad.AllBlocks());

    public ValueTask DisposeAsync()
    {
        connection.Dispose();
        return ValueTask.CompletedTask;
    }
}

using System.Net;
using System.Net.Sockets;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Targets;

/// <summary>The limit of bulk transfers: bytes from socket to socket.</summary>
internal sealed class CopyTarget : LoadTarget
{
    private readonly NetworkStream _stream;

    private CopyTarget(ServerProcess server, NetworkStream stream)
        : base(SystemNames.RawCopy, "tcp", server) => _stream = stream;

    public override Capabilities Supported => Capabilities.Bulk;

    public static async Task<LoadTarget> StartAsync(PathSettings? path)
    {
        ServerProcess server = await ServerProcess.StartAsync(SystemNames.RawCopy, path);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Ports[0]);
        return new CopyTarget(server, new NetworkStream(socket, ownsSocket: true));
    }

    public override Task DownloadBytesAsync() => CopyProtocol.DownloadAsync(_stream, Blocks.Bytes);

    public override Task UploadBytesAsync() => CopyProtocol.UploadAsync(_stream, Blocks.Bytes);

    protected override ValueTask DisconnectAsync() => _stream.DisposeAsync();
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Targets;

/// <summary>The limit of bulk: bytes from socket to socket.</summary>
internal sealed class CopyTarget : LoadTarget
{
    private readonly Socket _socket;

    private CopyTarget(ServerProcess server, Socket socket)
        : base(SystemNames.RawCopy, "tcp", server) => _socket = socket;

    public override Capabilities Can => Capabilities.Bulk;

    public static async Task<LoadTarget> StartAsync()
    {
        ServerProcess server = await ServerProcess.StartAsync(SystemNames.RawCopy);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Ports[0]);
        return new CopyTarget(server, socket);
    }

    public override async Task BytesDownAsync()
    {
        await _socket.SendAsync(Head(Blocks.Bytes));
        await CopyProtocol.ReceiveAsync(_socket, Blocks.Bytes);
    }

    public override async Task BytesUpAsync()
    {
        await _socket.SendAsync(Head(-Blocks.Bytes));
        await CopyProtocol.SendAsync(_socket, Blocks.Bytes);
        await CopyProtocol.TryReceiveAsync(_socket, new byte[CopyProtocol.HeadSize]);
    }

    protected override ValueTask DisconnectAsync()
    {
        _socket.Dispose();
        return default;
    }

    private static byte[] Head(long bytes)
    {
        byte[] head = new byte[CopyProtocol.HeadSize];
        BinaryPrimitives.WriteInt64LittleEndian(head, bytes);
        return head;
    }
}

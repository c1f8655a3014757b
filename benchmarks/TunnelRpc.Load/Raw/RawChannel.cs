using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Load.Raw;

/// <summary>The limit: frames over TCP, as fast as this machine can write and read them.</summary>
internal sealed class RawChannel(Socket socket) : BatchingChannel
{
    public static async Task<RawChannel> ConnectAsync(IPEndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server);
            return new RawChannel(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override ValueTask DisposeAsync()
    {
        socket.Dispose();
        return default;
    }

    protected override ValueTask<int> ReadAsync(Memory<byte> buffer) => socket.ReceiveAsync(buffer, SocketFlags.None);

    protected override ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        while (data.Length > 0)
        {
            data = data[socket.Send(data.Span)..];
        }

        return default;
    }

    protected override bool IsDisconnect(Exception error) => error is SocketException or ObjectDisposedException;
}

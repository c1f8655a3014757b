using System.Buffers.Binary;
using System.Net.Sockets;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>Copies bytes: sends as many as it is asked for, or takes as many as it is told of.</summary>
internal sealed class CopyServer : SocketServer
{
    public override Task<Figures> CallBackAsync(int concurrency, TimeSpan duration) => throw new NotSupportedException("A copy has no calls.");

    protected override async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            await AnswerAsync(socket).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task AnswerAsync(Socket socket)
    {
        byte[] head = new byte[CopyProtocol.HeadSize];
        while (await CopyProtocol.TryReceiveAsync(socket, head))
        {
            long bytes = BinaryPrimitives.ReadInt64LittleEndian(head);
            if (bytes > 0)
            {
                await CopyProtocol.SendAsync(socket, bytes);
            }
            else
            {
                await CopyProtocol.ReceiveAsync(socket, -bytes);
                await socket.SendAsync(head);
            }
        }
    }
}

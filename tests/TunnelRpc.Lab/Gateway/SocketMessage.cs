using System.Net.WebSockets;
using System.Text;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Lab.Gateway;

/// <summary>A whole message of a WebSocket. Immutable.</summary>
internal sealed record SocketMessage(WebSocketMessageType Type, byte[] Bytes)
{
    private const int ReadSize = 16 << 10;

    public string Text => Encoding.UTF8.GetString(Bytes);

    public static async Task<SocketMessage> ReceiveAsync(WebSocket socket)
    {
        var bytes = new MemoryStream();
        byte[] buffer = new byte[ReadSize];
        while (true)
        {
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).DefaultTimeout();
            bytes.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return new SocketMessage(result.MessageType, bytes.ToArray());
            }
        }
    }
}

using System.Net.Sockets;

namespace TunnelRpc.Load.Raw;

/// <summary>A number, then as many bytes: from the server when it is positive, otherwise from the client, for which the server answers with the number.</summary>
internal static class CopyProtocol
{
    public const int HeadSize = sizeof(long);
    private const int BlockSize = 256 << 10;

    /// <summary>Reads a head; false at the end.</summary>
    public static async Task<bool> TryReceiveAsync(Socket socket, byte[] head)
    {
        int length = 0;
        while (length < head.Length)
        {
            int count = await socket.ReceiveAsync(head.AsMemory(length));
            if (count == 0)
            {
                return false;
            }

            length += count;
        }

        return true;
    }

    public static async Task SendAsync(Socket socket, long bytes)
    {
        byte[] block = new byte[BlockSize];
        while (bytes > 0)
        {
            bytes -= await socket.SendAsync(block.AsMemory(0, (int)Math.Min(bytes, block.Length)));
        }
    }

    public static async Task ReceiveAsync(Socket socket, long bytes)
    {
        byte[] block = new byte[BlockSize];
        while (bytes > 0)
        {
            int count = await socket.ReceiveAsync(block.AsMemory(0, (int)Math.Min(bytes, block.Length)));
            bytes -= count > 0 ? count : throw new EndOfStreamException($"Expected {bytes} bytes more, got the end.");
        }
    }
}

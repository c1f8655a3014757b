using System.Buffers.Binary;

namespace TunnelRpc.Load.Raw;

/// <summary>
/// The client sends a number (i64), and its absolute value is the size of the transfer in bytes. The server sends the bytes if the number
/// is positive. Otherwise the client sends them, and the server then returns the number.
/// </summary>
internal static class CopyProtocol
{
    private const int HeadSize = sizeof(long);
    private const int BlockSize = 256 << 10;

    /// <summary>Makes the server send <paramref name="bytes"/> bytes and receives them.</summary>
    public static async Task DownloadAsync(Stream stream, long bytes)
    {
        await stream.WriteAsync(Head(bytes));
        await ReceiveAsync(stream, bytes);
    }

    /// <summary>Sends <paramref name="bytes"/> bytes and waits until the server has received them.</summary>
    public static async Task UploadAsync(Stream stream, long bytes)
    {
        await stream.WriteAsync(Head(-bytes));
        await SendAsync(stream, bytes);
        await stream.ReadExactlyAsync(new byte[HeadSize]);
    }

    /// <summary>Serves transfers until the client disconnects.</summary>
    public static async Task ServeAsync(Stream stream)
    {
        byte[] head = new byte[HeadSize];
        while (await stream.ReadAtLeastAsync(head, HeadSize, throwOnEndOfStream: false) == HeadSize)
        {
            long bytes = BinaryPrimitives.ReadInt64LittleEndian(head);
            if (bytes > 0)
            {
                await SendAsync(stream, bytes);
            }
            else
            {
                await ReceiveAsync(stream, -bytes);
                await stream.WriteAsync(head);
            }
        }
    }

    private static byte[] Head(long bytes)
    {
        byte[] head = new byte[HeadSize];
        BinaryPrimitives.WriteInt64LittleEndian(head, bytes);
        return head;
    }

    private static async Task SendAsync(Stream stream, long bytes)
    {
        byte[] block = new byte[BlockSize];
        while (bytes > 0)
        {
            int count = (int)Math.Min(bytes, block.Length);
            await stream.WriteAsync(block.AsMemory(0, count));
            bytes -= count;
        }
    }

    private static async Task ReceiveAsync(Stream stream, long bytes)
    {
        byte[] block = new byte[BlockSize];
        while (bytes > 0)
        {
            int count = await stream.ReadAsync(block.AsMemory(0, (int)Math.Min(bytes, block.Length)));
            bytes -= count > 0 ? count : throw new EndOfStreamException($"Expected {bytes} more bytes, got the end of the stream.");
        }
    }
}

using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Transports.Http1;

/// <summary>
/// Writes chunks (RFC 9112, 7.1) to a stream, each with its size line and line end in one write. Stateless and thread-safe.
/// </summary>
internal static class ChunkedWriter
{
    /// <summary>The maximum data of a chunk, in bytes.</summary>
    public const int MaxDataBytes = 64 * 1024;

    // Five hexadecimal digits and two line ends.
    private const int MaxOverheadBytes = 9;

    /// <summary>The last chunk of a body, without trailers.</summary>
    public static ReadOnlyMemory<byte> LastChunk { get; } = "0\r\n\r\n"u8.ToArray();

    /// <summary>Writes and flushes data that is not empty.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask WriteAsync(Stream stream, ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent((int)Math.Min(data.Length, MaxDataBytes) + MaxOverheadBytes);
        try
        {
            while (!data.IsEmpty)
            {
                int length = (int)Math.Min(data.Length, MaxDataBytes);
                int size = FormatChunk(chunk, data.Slice(0, length), length);
                data = data.Slice(length);
                await stream.WriteAsync(chunk.AsMemory(0, size), cancellationToken).ConfigureAwait(false);
            }

            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static int FormatChunk(Span<byte> chunk, in ReadOnlySequence<byte> data, int length)
    {
        length.TryFormat(chunk, out int position, "x", CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(chunk[position..]);
        position += 2;
        data.CopyTo(chunk[position..]);
        position += length;
        "\r\n"u8.CopyTo(chunk[position..]);
        return position + 2;
    }
}

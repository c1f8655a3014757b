using System.Buffers;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Transports.Connections;

/// <summary>
/// Writes sequences to a stream in few writes: what lies in several segments, such as a record's head and its payload, is
/// gathered, so that it leaves in one packet where it fits. Without state, so safe to share.
/// </summary>
internal static class SequenceStreamWriter
{
    /// <summary>Up to this many bytes are gathered into one write.</summary>
    public const int MaxCoalescedBytes = 64 * 1024;

    /// <summary>Writes and flushes <paramref name="data"/>.</summary>
    public static ValueTask WriteAsync(Stream stream, in ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        => data.IsSingleSegment ? WriteSingleSegmentAsync(stream, data.First, cancellationToken) : WriteCoalescedAsync(stream, data, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WriteSingleSegmentAsync(Stream stream, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(data, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WriteCoalescedAsync(Stream stream, ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        byte[] gathered = ArrayPool<byte>.Shared.Rent((int)Math.Min(data.Length, MaxCoalescedBytes));
        try
        {
            while (!data.IsEmpty)
            {
                int length = (int)Math.Min(data.Length, MaxCoalescedBytes);
                data.Slice(0, length).CopyTo(gathered);
                data = data.Slice(length);
                await stream.WriteAsync(gathered.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            }

            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Streams keep no reference to the buffer of a write that ended, also when it was cancelled.
            ArrayPool<byte>.Shared.Return(gathered);
        }
    }
}

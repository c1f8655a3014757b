using System.Buffers;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Transports.Connections;

/// <summary>
/// Writes sequences to a stream in few writes: several segments, such as a record's header and its payload, are coalesced into one
/// write, so that they fit into one packet if possible. Stateless and thread-safe.
/// </summary>
internal static class SequenceStreamWriter
{
    /// <summary>The maximum size of a coalesced write.</summary>
    public const int MaxCoalescedBytes = 64 * 1024;

    /// <summary>Writes and flushes <paramref name="data"/>.</summary>
    public static ValueTask WriteAsync(Stream stream, in ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        => data.IsSingleSegment
            ? WriteSingleSegmentAsync(stream, data.First, cancellationToken)
            : WriteCoalescedAsync(stream, data, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WriteSingleSegmentAsync(Stream stream, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(data, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WriteCoalescedAsync(Stream stream, ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        byte[] coalesced = ArrayPool<byte>.Shared.Rent((int)Math.Min(data.Length, MaxCoalescedBytes));
        try
        {
            while (!data.IsEmpty)
            {
                int length = (int)Math.Min(data.Length, MaxCoalescedBytes);
                data.Slice(0, length).CopyTo(coalesced);
                data = data.Slice(length);
                await stream.WriteAsync(coalesced.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            }

            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // A stream does not use the buffer after its write has ended, also when the write was cancelled.
            ArrayPool<byte>.Shared.Return(coalesced);
        }
    }
}

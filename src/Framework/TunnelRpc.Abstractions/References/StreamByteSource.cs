using System.Buffers;
using System.Runtime.CompilerServices;

namespace TunnelRpc.References;

/// <summary>Sends the bytes of a stream to the peer, once. Disposal disposes the stream.</summary>
internal sealed class StreamByteSource(Stream stream) : IByteSource, ICallScopedTarget, IAsyncDisposable
{
    // 1 after the first read has started; set by Interlocked.
    private int _readStarted;

    public async IAsyncEnumerable<PooledBytes> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _readStarted, 1) != 0)
        {
            throw new TunnelException(
                TunnelStatus.FailedPrecondition,
                "The stream was read already. A stream that is passed by reference is read once, since its bytes are not buffered.");
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(PooledBytes.ChunkSize);
        try
        {
            while (true)
            {
                int count = await stream.ReadAsync(buffer.AsMemory(0, PooledBytes.ChunkSize), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    yield break;
                }

                yield return new PooledBytes(buffer, count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}

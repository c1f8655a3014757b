using System.Buffers;
using System.Runtime.CompilerServices;

namespace TunnelRpc.References;

/// <summary>Reads a stream for the other side, once. Disposal disposes the stream.</summary>
internal sealed class StreamByteSource(Stream stream) : IByteSource, ICallScopedTarget, IAsyncDisposable
{
    private int _readStarted;

    public async IAsyncEnumerable<PooledBytes> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _readStarted, 1) != 0)
        {
            throw new TunnelException(TunnelStatus.FailedPrecondition, "A stream that was passed can be read once: its bytes are not kept.");
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

namespace TunnelRpc.References;

/// <summary>Writes the bytes that the peer sends to a stream. Disposal disposes the stream.</summary>
internal sealed class StreamByteSink(Stream stream) : IByteSink, ICallScopedTarget, IAsyncDisposable
{
    public async Task WriteAsync(IAsyncEnumerable<PooledBytes> chunks, CancellationToken cancellationToken)
    {
        await foreach (PooledBytes chunk in chunks.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await stream.WriteAsync(chunk.Array.AsMemory(0, chunk.Length), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                chunk.Return();
            }
        }

        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}

using System.Threading.Channels;

namespace TunnelRpc.References;

/// <summary>
/// The call of a <see cref="RemoteWriteStream"/>. The call that runs holds this object and not the stream, so that a stream that the
/// application no longer uses can be collected. For one writer at a time; <see cref="CompleteAsync"/> is called once.
/// </summary>
internal sealed class ByteUpload(TunnelInvoker sink)
{
    /// <summary>The number of chunks that are queued at most while they wait for the peer's credit.</summary>
    private const int Capacity = 4;

    private readonly Channel<PooledBytes> _chunks =
        Channel.CreateBounded<PooledBytes>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    // The call; null before the first write. It never fails: WriteAllAsync stores a failure in _failure.
    private Task? _writing;

    // Set before the task of _writing completes.
    private Exception? _failure;

    /// <summary>Queues bytes. Waits while the queue is full.</summary>
    /// <exception cref="ChannelClosedException">The call has failed; the inner exception is its failure.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        _writing ??= WriteAllAsync();
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, PooledBytes.ChunkSize);
            PooledBytes chunk = PooledBytes.Copy(buffer.Span[..count]);
            await _chunks.Writer.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
            buffer = buffer[count..];
        }
    }

    /// <summary>
    /// Ends the bytes, waits until the peer has written them, and releases the reference. Returns the failure of the call; null for none.
    /// </summary>
    /// <param name="error">Why the bytes are incomplete, which cancels the call; null when they are complete.</param>
    public async Task<Exception?> CompleteAsync(Exception? error)
    {
        _chunks.Writer.TryComplete(error);
        if (_writing is not null)
        {
            await _writing.ConfigureAwait(false);
        }

        sink.ReleaseReference();
        return _failure;
    }

    private async Task WriteAllAsync()
    {
        try
        {
            await sink.InvokeClientStreamingAsync(IByteSink.Write, default, _chunks.Reader.ReadAllAsync(), CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Completing the channel fails a writer that waits for capacity. If no further write or disposal follows, the failure is not
            // reported.
            _failure = error;
            _chunks.Writer.TryComplete(error);
        }
    }
}

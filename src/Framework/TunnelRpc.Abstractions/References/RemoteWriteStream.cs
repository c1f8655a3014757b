using System.Threading.Channels;

namespace TunnelRpc.References;

/// <summary>
/// The imported reference of a writable stream: writes to the peer's stream, with backpressure. The first write starts the call. Disposal
/// waits until the peer has written everything. For one writer at a time.
/// </summary>
internal sealed class RemoteWriteStream : RemoteStreamBase
{
    /// <summary>The number of chunks that are queued at most while they wait for the peer's credit.</summary>
    private const int Capacity = 4;

    private readonly TunnelInvoker _sink;
    private readonly Channel<PooledBytes> _chunks =
        Channel.CreateBounded<PooledBytes>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    // The call; null before the first write. It never fails: WriteAllAsync stores a failure in _failure.
    private Task? _writing;
    private bool _disposed;

    // Set before the task of _writing completes.
    private Exception? _failure;

    public RemoteWriteStream(TunnelInvoker sink) => _sink = sink;

    public override bool CanRead => false;

    public override bool CanWrite => !_disposed;

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _writing ??= WriteAllAsync();
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, PooledBytes.ChunkSize);
            PooledBytes chunk = PooledBytes.Copy(buffer.Span[..count]);
            try
            {
                await _chunks.Writer.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
            }
            catch (ChannelClosedException closed)
            {
                throw CreateIOException(closed.InnerException ?? closed);
            }

            buffer = buffer[count..];
        }
    }

    public override async ValueTask DisposeAsync()
    {
        bool first = !_disposed;
        _disposed = true;
        _chunks.Writer.TryComplete();
        try
        {
            if (first && _writing is not null)
            {
                await _writing.ConfigureAwait(false);
                if (_failure is not null)
                {
                    throw CreateIOException(_failure);
                }
            }
        }
        finally
        {
            if (first)
            {
                _sink.ReleaseReference();
            }

            await base.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task WriteAllAsync()
    {
        try
        {
            await _sink.InvokeClientStreamingAsync(IByteSink.Write, default, _chunks.Reader.ReadAllAsync(), CancellationToken.None)
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

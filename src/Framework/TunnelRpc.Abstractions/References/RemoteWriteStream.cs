using System.Threading.Channels;

namespace TunnelRpc.References;

/// <summary>
/// Writes into the other side's stream, with its back-pressure. The call starts with the first write; disposal waits until
/// the other side has written everything. One writer.
/// </summary>
internal sealed class RemoteWriteStream : RemoteStreamBase
{
    /// <summary>Chunks that wait here for the peer's credit.</summary>
    private const int Capacity = 4;

    private readonly TunnelInvoker _sink;
    private readonly Channel<PooledBytes> _chunks = Channel.CreateBounded<PooledBytes>(new BoundedChannelOptions(Capacity) { SingleReader = true });
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
            await _sink.InvokeClientStreamingAsync(IByteSink.Write, default, _chunks.Reader.ReadAllAsync(), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Whoever writes must not wait for a reader that is gone. Where nobody writes nor disposes any more, the failure is nobody's.
            _failure = error;
            _chunks.Writer.TryComplete(error);
        }
    }
}

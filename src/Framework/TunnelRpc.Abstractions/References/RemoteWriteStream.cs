namespace TunnelRpc.References;

/// <summary>
/// The imported reference of a writable stream: writes to the peer's stream, with backpressure. The first write starts the call.
/// <see cref="DisposeAsync"/> waits until the peer has written everything; <see cref="Stream.Dispose()"/> does not. A stream that the
/// application no longer holds, and that was not disposed, is incomplete: its call is cancelled. For one writer at a time.
/// </summary>
internal sealed class RemoteWriteStream(TunnelInvoker sink) : RemoteStreamBase
{
    private readonly ByteUpload _upload = new(sink);

    // Set atomically: 1 when the stream was disposed.
    private int _isDisposed;

    ~RemoteWriteStream() => Dispose(false);

    public override bool CanRead => false;

    public override bool CanWrite => Volatile.Read(ref _isDisposed) == 0;

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(!CanWrite, this);
        try
        {
            await _upload.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (System.Threading.Channels.ChannelClosedException closed)
        {
            throw CreateIOException(closed.InnerException ?? closed);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        Exception? failure = null;
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            failure = await _upload.CompleteAsync(null).ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
        if (failure is not null)
        {
            throw CreateIOException(failure);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            Exception? reason = disposing ? null : new TunnelException(
                TunnelStatus.Cancelled, "The stream over the tunnel was dropped without DisposeAsync, so its bytes are incomplete.");

            // The task is not awaited: it never fails, and a synchronous disposal must not block until the peer has written everything.
            ThreadPool.UnsafeQueueUserWorkItem(
                static state => _ = state._upload.CompleteAsync(state.reason), (_upload, reason), preferLocal: false);
        }

        base.Dispose(disposing);
    }
}

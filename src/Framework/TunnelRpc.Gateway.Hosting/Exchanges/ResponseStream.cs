namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>A response's body as a stream. Each write is flushed. Asynchronous only. For one writer at a time.</summary>
/// <param name="writer">The writer of the body.</param>
internal sealed class ResponseStream(ResponseWriter writer) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async Task FlushAsync(CancellationToken cancellationToken) =>
        await writer.FlushAsync(cancellationToken).ConfigureAwait(false);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await writer.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);

    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    public override void Flush() => throw SynchronousNotSupported();

    public override void Write(byte[] buffer, int offset, int count) => throw SynchronousNotSupported();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>The error of a synchronous read or write, which would block a thread until the path has capacity.</summary>
    internal static InvalidOperationException SynchronousNotSupported() =>
        new("Synchronous operations are not supported by UseTunnelRpcServer. Call ReadAsync, WriteAsync or FlushAsync instead.");
}

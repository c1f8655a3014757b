namespace TunnelRpc.Gateway.Client.Streams;

/// <summary>
/// The base class of streams that cannot seek, and have asynchronous operations only: a synchronous one would block a thread until the peer
/// sends or reads. A derived class overrides the reads, the writes or both. Nothing is buffered, so a flush has no effect unless it is
/// overridden.
/// </summary>
internal abstract class AsyncStream : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException("The stream has no length.");

    public override long Position
    {
        get => throw new NotSupportedException("The stream has no position.");
        set => throw new NotSupportedException("The stream has no position.");
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("The stream cannot be read.");

    public sealed override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("The stream cannot be written.");

    public sealed override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public sealed override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public sealed override int EndRead(IAsyncResult asyncResult) => TaskToAsyncResult.End<int>(asyncResult);

    public sealed override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public sealed override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public sealed override int Read(byte[] buffer, int offset, int count) => throw CreateSynchronousException();

    public sealed override void Write(byte[] buffer, int offset, int count) => throw CreateSynchronousException();

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream has no position.");

    public sealed override void SetLength(long value) => throw new NotSupportedException("The stream has no length.");

    /// <summary>The error of a synchronous read or write.</summary>
    protected virtual Exception CreateSynchronousException() => new NotSupportedException(
        "Expected ReadAsync or WriteAsync, got an operation that blocks a thread. Use the asynchronous methods.");
}

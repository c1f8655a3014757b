namespace TunnelRpc.Gateway.Client.HttpSocks;

/// <summary>
/// One end of a byte stream over httpsock. One read and one write at a time, both at once. Asynchronous only. The stream need not be
/// flushed.
/// </summary>
/// <param name="input">What the peer has sent. Not owned.</param>
/// <param name="output">What is sent to the peer. Not owned.</param>
/// <param name="closeAsync">Called once, by the first disposal. Must not throw.</param>
internal sealed class OffsetStream(OffsetBuffer input, OffsetBuffer output, Func<Task> closeAsync) : Stream
{
    // Set once, by the first disposal.
    private Task? _closed;
    private int _isDisposed;

    public override bool CanRead => !IsDisposed;

    public override bool CanWrite => !IsDisposed;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException("The stream has no length.");

    public override long Position
    {
        get => throw new NotSupportedException("The stream has no position.");
        set => throw new NotSupportedException("The stream has no position.");
    }

    private bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return input.ReadAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return output.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Expected ReadAsync, got a read that blocks a thread. Use the asynchronous methods.");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Expected WriteAsync, got a write that blocks a thread. Use the asynchronous methods.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream has no position.");

    public override void SetLength(long value) => throw new NotSupportedException("The stream has no length.");

    /// <summary>Closes the stream, and waits until that has ended.</summary>
    public override async ValueTask DisposeAsync()
    {
        // Dispose starts the close.
        await base.DisposeAsync().ConfigureAwait(false);
        if (Volatile.Read(ref _closed) is { } closed)
        {
            await closed.ConfigureAwait(false);
        }
    }

    /// <summary>Starts to close the stream. Does not wait, since that would block a thread: prefer <see cref="DisposeAsync"/>.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            Volatile.Write(ref _closed, closeAsync());
        }

        base.Dispose(disposing);
    }
}

namespace TunnelRpc.Gateway.Tunnel;

/// <summary>
/// The body of a response as a stream. A read of no bytes waits for the next ones. Writes, which an upgraded connection has, go to the
/// request. For one reader and one writer at a time.
/// </summary>
/// <param name="call">The call; not owned.</param>
internal sealed class ResponseStream(TunnelCall call) : Stream
{
    // What was received and not read. Used by the reader only.
    private ReadOnlyMemory<byte> _rest;
    private bool _isEnded;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => call.Upload is { IsUpgrade: true };

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">The origin or its session has broken off.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _rest.Length > 0 || _isEnded ? new ValueTask<int>(Take(buffer)) : ReceiveAsync(buffer);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <exception cref="IOException">The call has ended.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        call.Upload?.WriteAsync(buffer, cancellationToken) ?? throw new NotSupportedException("Only an upgraded connection is written.");

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>The token of the exchange, which the call has, cancels the wait.</summary>
    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        _rest = await call.ReceiveAsync().ConfigureAwait(false);
        _isEnded = _rest.Length == 0;
        return Take(buffer);
    }

    private int Take(Memory<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer.Span);
        _rest = _rest[count..];
        return count;
    }
}

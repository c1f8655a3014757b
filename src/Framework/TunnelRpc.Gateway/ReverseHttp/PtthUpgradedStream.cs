using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.ReverseHttp;

/// <summary>
/// A reverse-HTTP connection after an upgrade: bytes in both directions. One read and one write at a time. Disposal has no effect, since
/// the connection ends with its exchange.
/// </summary>
/// <param name="stream">The connection; not owned.</param>
/// <param name="buffer">What was read from it after the head; not owned.</param>
internal sealed class PtthUpgradedStream(Stream stream, Http1ReadBuffer buffer) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        ReadOnlySpan<byte> buffered = buffer.Unconsumed;
        if (buffered.IsEmpty)
        {
            return stream.ReadAsync(destination, cancellationToken);
        }

        int count = Math.Min(buffered.Length, destination.Length);
        buffered[..count].CopyTo(destination.Span);
        buffer.Advance(count);
        return ValueTask.FromResult(count);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        => stream.WriteAsync(source, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => stream.WriteAsync(buffer, offset, count, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

using TunnelRpc.Gateway.Client.Streams;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.ReverseHttp;

/// <summary>
/// A reverse-HTTP connection after an upgrade: bytes in both directions. One read and one write at a time. Disposal has no effect, since
/// the connection ends with its exchange.
/// </summary>
/// <param name="stream">The connection; not owned.</param>
/// <param name="buffer">What was read from it after the head; not owned.</param>
internal sealed class PtthUpgradedStream(Stream stream, Http1ReadBuffer buffer) : AsyncStream
{
    public override bool CanWrite => true;

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

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        => stream.WriteAsync(source, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);
}

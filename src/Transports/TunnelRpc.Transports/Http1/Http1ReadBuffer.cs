using System.Buffers;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Transports.Http1;

/// <summary>Bytes that were read from a stream and are not consumed yet. Not thread-safe. Disposal returns the pooled memory.</summary>
/// <param name="rules">The heads that are accepted; null for those of the transports.</param>
internal sealed class Http1ReadBuffer(Http1HeadRules? rules = null) : IDisposable
{
    private readonly Http1HeadRules _rules = rules ?? Http1HeadRules.Transports;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(2 * (rules ?? Http1HeadRules.Transports).MaxHeadBytes);
    private int _start;
    private int _end;

    /// <summary>The unconsumed bytes.</summary>
    public ReadOnlySpan<byte> Unconsumed => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Consumes the first <paramref name="length"/> bytes.</summary>
    public void Advance(int length) => _start += length;

    /// <summary>
    /// Reads more bytes after the unconsumed ones; returns false at the stream's end. There must be less than
    /// <see cref="Http1HeadRules.MaxHeadBytes"/> unconsumed bytes.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FillAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            Unconsumed.CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }

        int read = await stream.ReadAsync(_bytes.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    /// <summary>Reads a head. Bytes after the head stay in the buffer.</summary>
    /// <exception cref="MalformedHttpException">The bytes are not a valid head, or the stream ended inside it.</exception>
    public async ValueTask<Http1Head> ReadHeadAsync(Stream stream, bool isRequest, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Http1HeadParser.TryParse(Unconsumed, isRequest, _rules, out Http1Head? head, out int consumed))
            {
                Advance(consumed);
                return head;
            }

            if (!await FillAsync(stream, cancellationToken).ConfigureAwait(false))
            {
                throw new MalformedHttpException(
                    $"Expected the head of a {(isRequest ? "request" : "response")}, but the connection ended after {Unconsumed.Length} "
                        + "bytes.");
            }
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Transports.Http1;

/// <summary>Bytes that were read from a stream and not used yet. Not thread-safe. Disposal gives its memory back.</summary>
internal sealed class Http1ReadBuffer : IDisposable
{
    private const int Capacity = 2 * Http1Limits.MaxHeadBytes;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Capacity);
    private int _start;
    private int _end;

    /// <summary>What is there to be used.</summary>
    public ReadOnlySpan<byte> Unconsumed => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Tells that the first <paramref name="length"/> bytes were used.</summary>
    public void Advance(int length) => _start += length;

    /// <summary>Reads more behind what is there, of which there must be less than the largest head; false at the stream's end.</summary>
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

    /// <summary>Reads a head; what comes behind it stays here.</summary>
    /// <exception cref="MalformedHttpException">What came is no head, or the stream ended before it was whole.</exception>
    public async ValueTask<Http1Head> ReadHeadAsync(Stream stream, bool isRequest, CancellationToken cancellationToken)
    {
        while (true)
        {
            bool complete = isRequest
                ? Http1HeadParser.TryParseRequest(Unconsumed, out Http1Head? head, out int consumed)
                : Http1HeadParser.TryParseResponse(Unconsumed, out head, out consumed);
            if (complete)
            {
                Advance(consumed);
                return head!;
            }

            if (!await FillAsync(stream, cancellationToken).ConfigureAwait(false))
            {
                throw new MalformedHttpException($"Expected {(isRequest ? "a request" : "an answer")}; the connection ended after {Unconsumed.Length} bytes.");
            }
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }
}

using System.Buffers;
using System.Text;
using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Keeps an answer while it passes, for others who wait for the same. Nothing is kept of one that is too large.</summary>
/// <param name="head">The head without Content-Length and without its empty line.</param>
/// <param name="next">Where it passes to.</param>
/// <param name="maxBytes">The largest body to be kept.</param>
internal sealed class CapturedResponse(string head, IStageSink next, int maxBytes) : IStageSink
{
    private ArrayBufferWriter<byte>? _body = new();
    private bool _complete;

    /// <summary>The answer as a message with a Content-Length; null when it is not whole.</summary>
    public byte[]? Message => _complete && _body is { } body
        ? [.. Encoding.Latin1.GetBytes($"{head}Content-Length: {body.WrittenCount}\r\n\r\n"), .. body.WrittenSpan]
        : null;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        if (_body is { } body && body.WrittenCount + piece.Length <= maxBytes)
        {
            body.Write(piece.Span);
        }
        else
        {
            _body = null;
        }

        return next.WriteAsync(piece, cancellationToken);
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        _complete = true;
        return next.CompleteAsync(cancellationToken);
    }
}

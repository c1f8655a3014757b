using System.Buffers;
using System.Text;
using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>
/// Forwards a response and copies it for the requests that wait for it. A response above the limit is not copied.
/// </summary>
/// <param name="head">The head without Content-Length and without the empty line at its end.</param>
/// <param name="next">The sink that the response is forwarded to.</param>
/// <param name="maxBytes">The size of the largest body that is copied, in bytes.</param>
internal sealed class CapturedResponse(string head, IStageSink next, int maxBytes) : IStageSink
{
    private ArrayBufferWriter<byte>? _body = new();
    private bool _complete;

    /// <summary>The response as a message with a Content-Length; null if it is incomplete or above the limit.</summary>
    public byte[]? Message => _complete && _body is { } body
        ? [.. Encoding.Latin1.GetBytes($"{head}Content-Length: {body.WrittenCount}\r\n\r\n"), .. body.WrittenSpan]
        : null;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        if (_body is { } body && body.WrittenCount + chunk.Length <= maxBytes)
        {
            body.Write(chunk.Span);
        }
        else
        {
            _body = null;
        }

        return next.WriteAsync(chunk, cancellationToken);
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        _complete = true;
        return next.CompleteAsync(cancellationToken);
    }
}

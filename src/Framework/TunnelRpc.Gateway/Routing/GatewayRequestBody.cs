using TunnelRpc.Gateway.Client.Streams;
using TunnelRpc.Gateway.Inspection;

namespace TunnelRpc.Gateway.Routing;

/// <summary>
/// The body of a client's request: counts and limits it, and delays the timeout of the head while it is read. For one reader at a time.
/// Disposal has no effect, since the server owns the body.
/// </summary>
/// <param name="inner">The body as the server has it.</param>
/// <param name="maxBytes">The limit (MaxRequestBodySize); null for none.</param>
/// <param name="deadline">The timeout of the head.</param>
/// <param name="inspected">Keeps the start of the body; null for no inspection.</param>
internal sealed class GatewayRequestBody(Stream inner, long? maxBytes, HeadDeadline deadline, InspectedExchange? inspected) : AsyncStream
{
    private long _count;

    /// <exception cref="GatewayOriginException">The body is larger than the limit.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        deadline.OnProgress();
        _count += count;
        if (_count > maxBytes)
        {
            throw new GatewayOriginException(
                GatewayFailure.BodyTooLarge,
                $"Expected a body of at most {maxBytes} bytes (limit {nameof(TunnelGatewayOptions.MaxRequestBodySize)}), got a larger "
                + "one.");
        }

        inspected?.AddRequestBody(buffer.Span[..count]);
        return count;
    }
}

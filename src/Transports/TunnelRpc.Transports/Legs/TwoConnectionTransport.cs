using TunnelRpc.Transports.Legs.Client;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// Two ordinary streamed requests: <c>GET …/{id}/down</c> with a chunked response and <c>POST …/{id}/up</c> with a chunked body. Each is
/// reopened without loss when it ends or breaks. For proxies that stream requests and responses but support no upgrade. The attempt
/// proves that the upload streams; if it does not, the attempt fails within 4 s with a diagnosis. HAProxy delays streamed bytes by 200 ms
/// in each direction unless it has <c>option http-no-delay</c>. Thread-safe.
/// </summary>
public sealed class TwoConnectionTransport : ITransport
{
    /// <summary>"two-connection".</summary>
    public string Name => LegProtocol.GetTransportName(LegExchangeKind.Stream, LegExchangeKind.Stream);

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        => LegDialer.ConnectAsync(endpoint, LegExchangeKind.Stream, LegExchangeKind.Stream, cancellationToken);
}

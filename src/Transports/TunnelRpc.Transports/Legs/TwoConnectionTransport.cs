using TunnelRpc.Transports.Legs.Client;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// Two ordinary requests that both stream: <c>GET …/{id}/down</c> with a chunked answer and <c>POST …/{id}/up</c> with a chunked body, each
/// opened again, without loss, when it ends or breaks. For proxies that stream both ways but upgrade nothing. That the upload
/// streams is proved while connecting; a path that holds it fails within 4 s and says how. HAProxy delays what streams by 200 ms each
/// way unless it has <c>option http-no-delay</c>. Thread-safe.
/// </summary>
public sealed class TwoConnectionTransport : ITransport
{
    /// <summary>"two-connection".</summary>
    public string Name => LegProtocol.GetTransportName(LegExchangeKind.Stream, LegExchangeKind.Stream);

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        => LegDialer.ConnectAsync(endpoint, LegExchangeKind.Stream, LegExchangeKind.Stream, cancellationToken);
}

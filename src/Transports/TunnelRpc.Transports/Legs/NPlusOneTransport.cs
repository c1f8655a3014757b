using TunnelRpc.Transports.Legs.Client;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// Downloads a stream as <see cref="TwoConnectionTransport"/> does, and uploads each block of bytes by a separate <c>POST</c> with a
/// Content-Length. For proxies that buffer requests until they are complete, and stream responses. Thread-safe.
/// </summary>
public sealed class NPlusOneTransport : ITransport
{
    /// <summary>"n-plus-one".</summary>
    public string Name => LegProtocol.GetTransportName(LegExchangeKind.Block, LegExchangeKind.Stream);

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        => LegDialer.ConnectAsync(endpoint, LegExchangeKind.Block, LegExchangeKind.Stream, cancellationToken);
}

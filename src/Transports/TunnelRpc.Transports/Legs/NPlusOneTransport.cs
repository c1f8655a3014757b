using TunnelRpc.Transports.Legs.Client;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// A streamed download as with <see cref="TwoConnectionTransport"/>, and each block of bytes up as a <c>POST</c> of its own with a
/// Content-Length. For proxies that hold requests back until they are complete, and pass answers as they come. Thread-safe.
/// </summary>
public sealed class NPlusOneTransport : ITransport
{
    /// <summary>"n-plus-one".</summary>
    public string Name => LegProtocol.GetTransportName(LegExchangeKind.Block, LegExchangeKind.Stream);

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        => LegDialer.ConnectAsync(endpoint, LegExchangeKind.Block, LegExchangeKind.Stream, cancellationToken);
}

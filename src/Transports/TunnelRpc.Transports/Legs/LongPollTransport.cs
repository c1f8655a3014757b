using TunnelRpc.Transports.Legs.Client;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// Uploads blocks as <see cref="NPlusOneTransport"/> does, and downloads by successive <c>GET</c> requests, whose responses the server
/// delays until it has bytes to send. For proxies that buffer requests and responses until they are complete. Thread-safe.
/// </summary>
public sealed class LongPollTransport : ITransport
{
    /// <summary>"long-poll".</summary>
    public string Name => LegProtocol.GetTransportName(LegExchangeKind.Block, LegExchangeKind.Poll);

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        => LegDialer.ConnectAsync(endpoint, LegExchangeKind.Block, LegExchangeKind.Poll, cancellationToken);
}

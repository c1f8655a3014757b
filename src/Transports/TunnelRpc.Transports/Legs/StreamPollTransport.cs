using TunnelRpc.Transports.Legs.Client;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// Uploads a stream as <see cref="TwoConnectionTransport"/> does, and downloads by polls as <see cref="LongPollTransport"/> does. For
/// proxies that buffer responses but stream requests. They are rare, so it is not in <see cref="HttpTransports.Default"/>. Thread-safe.
/// </summary>
public sealed class StreamPollTransport : ITransport
{
    /// <summary>"stream-poll".</summary>
    public string Name => LegProtocol.GetTransportName(LegExchangeKind.Stream, LegExchangeKind.Poll);

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        => LegDialer.ConnectAsync(endpoint, LegExchangeKind.Stream, LegExchangeKind.Poll, cancellationToken);
}

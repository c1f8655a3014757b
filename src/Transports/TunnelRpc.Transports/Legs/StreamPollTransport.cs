using TunnelRpc.Transports.Legs.Client;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// A streamed upload as with <see cref="TwoConnectionTransport"/>, and polls down as with <see cref="LongPollTransport"/>. For proxies that
/// hold answers but not requests, which are rare: it is in no default list. Thread-safe.
/// </summary>
public sealed class StreamPollTransport : ITransport
{
    /// <summary>"stream-poll".</summary>
    public string Name => LegProtocol.GetTransportName(LegExchangeKind.Stream, LegExchangeKind.Poll);

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        => LegDialer.ConnectAsync(endpoint, LegExchangeKind.Stream, LegExchangeKind.Poll, cancellationToken);
}

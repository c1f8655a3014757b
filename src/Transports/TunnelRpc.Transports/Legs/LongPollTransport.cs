using TunnelRpc.Transports.Legs.Client;

namespace TunnelRpc.Transports.Legs;

/// <summary>
/// Blocks up as with <see cref="NPlusOneTransport"/>; down, a <c>GET</c> after another, each held until there is something to answer. For
/// proxies that hold both requests and answers back until they are complete. Thread-safe.
/// </summary>
public sealed class LongPollTransport : ITransport
{
    /// <summary>"long-poll".</summary>
    public string Name => LegProtocol.GetTransportName(LegExchangeKind.Block, LegExchangeKind.Poll);

    /// <inheritdoc/>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        => LegDialer.ConnectAsync(endpoint, LegExchangeKind.Block, LegExchangeKind.Poll, cancellationToken);
}

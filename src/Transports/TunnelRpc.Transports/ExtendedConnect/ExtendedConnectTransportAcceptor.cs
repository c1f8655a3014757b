using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.ExtendedConnect;

/// <summary>The server's side of <see cref="ExtendedConnectTransport"/>. Thread-safe.</summary>
public sealed class ExtendedConnectTransportAcceptor : ITransportAcceptor
{
    /// <summary>"extended-connect".</summary>
    public string Name => ExtendedConnectTransport.TransportName;

    /// <inheritdoc/>
    public bool CanAccept(IHttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return exchange.SubPath.Length == 0
            && string.Equals(exchange.ConnectProtocol, HttpHeaderValues.UpgradeToken, StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (await ExchangeRefusal.TryRefuseCrossOriginAsync(exchange, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        return new StreamTransportConnection(
            await ExchangeUpgrade.AcceptConnectAsync(exchange, cancellationToken).ConfigureAwait(false),
            new TransportConnectionInfo(Name, exchange.RemoteEndPoint, exchange.User),
            interrupted => ExchangeUpgrade.Close(exchange, interrupted),
            exchange.RequestAborted);
    }
}

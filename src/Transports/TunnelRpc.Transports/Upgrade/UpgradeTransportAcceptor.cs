using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Upgrade;

/// <summary>
/// The server's side of <see cref="UpgradeTransport"/>, and of "connect", whose CONNECT the proxy handles. Thread-safe.
/// </summary>
public sealed class UpgradeTransportAcceptor : ITransportAcceptor
{
    /// <summary>"upgrade".</summary>
    public string Name => UpgradeTransport.TransportName;

    /// <inheritdoc/>
    public bool CanAccept(IHttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return exchange.CanUpgrade
            && exchange.Method == "GET"
            && exchange.SubPath.Length == 0
            && HttpHeaderValues.FindToken(exchange.GetRequestHeader("Upgrade"), HttpHeaderValues.UpgradeToken) is not null;
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (await ExchangeRefusal.TryRefuseCrossOriginAsync(exchange, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        Stream? stream =
            await ExchangeUpgrade.AcceptUpgradeAsync(exchange, HttpHeaderValues.UpgradeToken, cancellationToken).ConfigureAwait(false);
        return stream is null
            ? null
            : new StreamTransportConnection(
                stream,
                new TransportConnectionInfo(Name, exchange.RemoteEndPoint, exchange.User),
                interrupted => ExchangeUpgrade.Close(exchange, interrupted),
                exchange.RequestAborted);
    }
}

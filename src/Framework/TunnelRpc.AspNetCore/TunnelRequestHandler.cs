using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.AspNetCore;

/// <summary>Gives each request to the transport whose it is, and its connection to the server.</summary>
internal sealed class TunnelRequestHandler(TunnelServer server, string path, IReadOnlyList<ITransportAcceptor> acceptors, ILogger logger)
{
    public const string SubPathParameter = "tunnelRest";

    public async Task HandleAsync(HttpContext context)
    {
        string rest = context.Request.RouteValues[SubPathParameter] as string ?? "";
        var exchange = new HttpContextExchange(context, rest.Length == 0 ? "" : "/" + rest);
        if (acceptors.FirstOrDefault(a => a.CanAccept(exchange)) is not { } acceptor)
        {
            await RefuseAsync(context, exchange).ConfigureAwait(false);
            return;
        }

        ITransportConnection? connection;
        using (var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, server.Closing))
        {
            try
            {
                connection = await acceptor.AcceptAsync(exchange, ended.Token).ConfigureAwait(false);
            }
            catch (Exception lost) when (lost is TransportException or OperationCanceledException)
            {
                // The client's doing, or ours as we stop: no error of the server's.
                RequestLog.RequestNotAccepted(logger, acceptor.Name, exchange.RemoteEndPoint, lost.Message);
                if (server.Closing.IsCancellationRequested && !context.Response.HasStarted)
                {
                    await ExchangeRefusal.RespondAsync(exchange, StatusCodes.Status503ServiceUnavailable, "The server is stopping.\n", context.RequestAborted).ConfigureAwait(false);
                }

                return;
            }
        }

        if (connection is not null)
        {
            // Completes without an exception however it ends, so that it may be left to itself.
            Task serving = server.ServeAsync(connection, path, CancellationToken.None);
            await ((connection as ILegConnection)?.ExchangeCompleted ?? serving).ConfigureAwait(false);
        }
    }

    /// <summary>What a browser or a wrong client sees, and what a stripped Upgrade looks like from the other end.</summary>
    private ValueTask RefuseAsync(HttpContext context, HttpContextExchange exchange)
    {
        string names = string.Join(", ", acceptors.Select(a => a.Name));
        return ExchangeRefusal.RespondUpgradeRequiredAsync(
            exchange,
            HttpHeaderValues.UpgradeToken,
            $"This is a TunnelRpc server. The request belongs to none of its transports ({names}): a client made it without the library, or something on the way removed its Upgrade header.\n",
            context.RequestAborted);
    }
}

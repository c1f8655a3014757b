using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Hosting;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.AspNetCore;

/// <summary>Gives each request to the transport whose it is, and its connection to the server.</summary>
internal sealed class TunnelRequestHandler(TunnelServer server, string path, IReadOnlyList<ITransportAcceptor> acceptors, ILogger logger)
{
    public const string RestParameter = "tunnelRest";

    public async Task HandleAsync(HttpContext context)
    {
        string rest = context.Request.RouteValues[RestParameter] as string ?? "";
        var exchange = new HttpContextExchange(context, rest.Length == 0 ? "" : "/" + rest);
        if (acceptors.FirstOrDefault(a => a.Handles(exchange)) is not { } acceptor)
        {
            await RefuseAsync(context, exchange).ConfigureAwait(false);
            return;
        }

        ITransportConnection? connection;
        using (var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, server.Ending))
        {
            try
            {
                connection = await acceptor.AcceptAsync(exchange, ended.Token).ConfigureAwait(false);
            }
            catch (Exception lost) when (lost is TransportException or OperationCanceledException)
            {
                // The client's doing, or ours as we stop: no error of the server's.
                RequestLog.NotAccepted(logger, acceptor.Name, exchange.RemoteEndPoint, lost.Message);
                if (server.Ending.IsCancellationRequested && !context.Response.HasStarted)
                {
                    await ExchangeRefusal.AnswerAsync(exchange, StatusCodes.Status503ServiceUnavailable, "The server is stopping.\n", context.RequestAborted).ConfigureAwait(false);
                }

                return;
            }
        }

        if (connection is not null)
        {
            // Completes without an exception however it ends, so that it may be left to itself.
            Task serving = server.ServeAsync(connection, path, CancellationToken.None);
            await ((connection as ICarriedConnection)?.ExchangeEnded ?? serving).ConfigureAwait(false);
        }
    }

    /// <summary>What a browser or a wrong client sees, and what a stripped Upgrade looks like from the other end.</summary>
    private ValueTask RefuseAsync(HttpContext context, HttpContextExchange exchange)
    {
        string names = string.Join(", ", acceptors.Select(a => a.Name));
        return ExchangeRefusal.AnswerUpgradeRequiredAsync(
            exchange,
            HttpHeaderValues.UpgradeToken,
            $"This is a TunnelRpc server. The request belongs to none of its transports ({names}): a client made it without the library, or something on the way removed its Upgrade header.\n",
            context.RequestAborted);
    }
}

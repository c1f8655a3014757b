using System.Globalization;
using Microsoft.AspNetCore.Http;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Hosting;
using TunnelRpc.Logging;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.AspNetCore;

/// <summary>Passes each request to the acceptor of its transport, and the accepted connection to the server. Thread-safe.</summary>
internal sealed class TunnelRequestHandler(
    TunnelServer server, string path, IReadOnlyList<ITransportAcceptor> acceptors, GuardedLogger logger)
{
    public const string SubPathParameter = "tunnelRest";

    private readonly RefreshHandler _refresh = new(server, path);
    private readonly string _instance = server.InstanceId.ToString("N");

    public async Task HandleAsync(HttpContext context)
    {
        string subPath = context.Request.RouteValues[SubPathParameter] as string ?? "";
        HttpContextExchange exchange = HttpContextExchange.Start(context, subPath.Length == 0 ? "" : "/" + subPath, server.Partitions);
        exchange.SetResponseHeader(HttpHeaderValues.NodeHeader, _instance);
        if (exchange.UserExpires is { } expires)
        {
            double seconds = Math.Clamp((expires - server.Options.TimeProvider.GetUtcNow()).TotalSeconds, 0, uint.MaxValue);
            exchange.SetResponseHeader(HttpHeaderValues.ExpiresInHeader, ((uint)seconds).ToString(CultureInfo.InvariantCulture));
        }

        if (await _refresh.TryHandleAsync(exchange).ConfigureAwait(false))
        {
            return;
        }

        if (acceptors.FirstOrDefault(a => a.CanAccept(exchange)) is not { } acceptor)
        {
            await RefuseAsync(context, exchange).ConfigureAwait(false);
            return;
        }

        if (await AcceptAsync(context, exchange, acceptor).ConfigureAwait(false) is { } connection)
        {
            // Never throws, so it need not be awaited. A connection made of several exchanges outlives the one that created it.
            Task serving = server.ServeAsync(connection, path, exchange.UserExpires, CancellationToken.None);
            await ((connection as ILegConnection)?.ExchangeCompleted ?? serving).ConfigureAwait(false);
        }
    }

    /// <summary>Returns the connection; null when the request was answered otherwise, also after a failure, which is logged.</summary>
    private async ValueTask<ITransportConnection?> AcceptAsync(
        HttpContext context, HttpContextExchange exchange, ITransportAcceptor acceptor)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, server.Closing);
        try
        {
            return await acceptor.AcceptAsync(exchange, ended.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TransportException or OperationCanceledException)
        {
            // The client has failed, or this server is shutting down. Neither is an error of the application.
            string? remote = exchange.RemoteEndPoint;
            RequestLog.RequestNotAccepted(logger.ForPeer(remote), acceptor.Name, remote, error.Message);
            if (server.Closing.IsCancellationRequested && !context.Response.HasStarted)
            {
                await ExchangeRefusal.RespondAsync(
                    exchange,
                    StatusCodes.Status503ServiceUnavailable,
                    "The server is shutting down.\n",
                    context.RequestAborted).ConfigureAwait(false);
            }

            return null;
        }
        catch (UserIdSelectorException error)
        {
            string? remote = exchange.RemoteEndPoint;
            RequestLog.UserIdSelectorFailed(logger.ForPeer(remote), error, acceptor.Name, remote);
            await ExchangeRefusal.RespondAsync(
                exchange,
                StatusCodes.Status503ServiceUnavailable,
                "The server could not identify the user, and has logged the cause. Retry later.\n",
                context.RequestAborted).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>
    /// Responds to a request of no transport: of a browser, of another client, or of a client whose Upgrade header an intermediary has
    /// removed.
    /// </summary>
    private ValueTask RefuseAsync(HttpContext context, HttpContextExchange exchange)
    {
        string names = string.Join(", ", acceptors.Select(a => a.Name));
        return ExchangeRefusal.RespondUpgradeRequiredAsync(
            exchange,
            HttpHeaderValues.UpgradeToken,
            $"This is a TunnelRpc server. Expected a request of one of its transports ({names}), got another one. "
            + "Either the client does not use the library, or an intermediary has removed the Upgrade header.\n",
            context.RequestAborted);
    }
}

using Microsoft.AspNetCore.Http;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Sessions;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.AspNetCore;

/// <summary>
/// Answers requests that refresh the authentication of a session (docs/protocol.md, "Refresh"). The middleware of the application has
/// authenticated the request. Thread-safe.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="path">The mapped path.</param>
internal sealed class RefreshHandler(TunnelServer server, string path)
{
    /// <summary>Responds if the request is a refresh.</summary>
    /// <returns>False if it is another request.</returns>
    public async ValueTask<bool> TryHandleAsync(HttpContextExchange exchange)
    {
        if (exchange.Method != HttpMethods.Post || SessionRefresh.FindSessionId(exchange.SubPath) is not { } sessionId)
        {
            return false;
        }

        (int status, string? text) = Refresh(exchange, sessionId);
        if (text is null)
        {
            exchange.SetStatusCode(status);
            await exchange.StartResponseAsync(exchange.RequestAborted).ConfigureAwait(false);
        }
        else
        {
            await ExchangeRefusal.RespondAsync(exchange, status, text, exchange.RequestAborted).ConfigureAwait(false);
        }

        return true;
    }

    private (int Status, string? Text) Refresh(HttpContextExchange exchange, string sessionId)
    {
        // A session of another path, or without a proof, is reported as one that does not exist: ids are no secrets.
        if (server.FindSession(sessionId) is not { } session
            || session.Session.Parameters.Connection.AcceptedEndpoint != path
            || !SessionRefresh.TryVerify(
                session.Session.Parameters.Ticket, exchange.GetRequestHeader(SessionRefresh.ProofHeader), out long number))
        {
            return (StatusCodes.Status404NotFound, "Expected the id and the proof of a session of this path, got others.\n");
        }

        return session.RefreshUser(number, exchange.User, exchange.UserExpires)
            ? (StatusCodes.Status204NoContent, null)
            : (
                StatusCodes.Status403Forbidden,
                "Expected the credentials of the session's user and a new number, got others. The session keeps its user.\n");
    }
}

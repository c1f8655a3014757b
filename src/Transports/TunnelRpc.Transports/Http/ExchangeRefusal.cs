using System.Buffers;
using System.Text;

namespace TunnelRpc.Transports.Http;

/// <summary>Refuses an exchange with an error status and a message for a person. Stateless.</summary>
internal static class ExchangeRefusal
{
    /// <summary>
    /// Responds with <paramref name="status"/> and <paramref name="reason"/> as plain text. The head must not have been sent.
    /// </summary>
    public static async ValueTask RespondAsync(IHttpExchange exchange, int status, string reason, CancellationToken cancellationToken)
    {
        exchange.SetStatusCode(status);
        exchange.SetResponseHeader("Cache-Control", "no-store");
        exchange.SetResponseHeader("Content-Type", "text/plain; charset=utf-8");
        exchange.ResponseBody.Write(Encoding.UTF8.GetBytes(reason));
        await exchange.ResponseBody.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Responds with 426 and, in HTTP/1.x, with the protocol to upgrade to (RFC 9110, 15.5.22). HTTP/2 and later do not have the headers.
    /// </summary>
    public static ValueTask RespondUpgradeRequiredAsync(
        IHttpExchange exchange, string token, string reason, CancellationToken cancellationToken)
    {
        if (exchange.Protocol.StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            exchange.SetResponseHeader("Upgrade", token);
            exchange.SetResponseHeader("Connection", "Upgrade");
        }

        return RespondAsync(exchange, 426, reason, cancellationToken);
    }

    /// <summary>
    /// Refuses a cross-origin request of a browser (by its Origin header, RFC 6454) with 403. Returns true if it was refused. Requests
    /// without an Origin header, as of programs, and of the server's own origin are not refused.
    /// </summary>
    public static async ValueTask<bool> TryRefuseCrossOriginAsync(IHttpExchange exchange, CancellationToken cancellationToken)
    {
        string? origin = exchange.GetRequestHeader("Origin");
        if (origin is null || IsSameOrigin(origin, exchange.Origin))
        {
            return false;
        }

        exchange.SetResponseHeader(HttpHeaderValues.RefusalHeader, HttpHeaderValues.RefusedOrigin);
        await RespondAsync(
            exchange,
            403,
            $"The request's Origin is not this server's own, {exchange.Origin}. If a proxy terminates TLS, configure forwarded headers, so "
                + "that the server uses the outer scheme and host.",
            cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static bool IsSameOrigin(string requestOrigin, string serverOrigin)
        => Uri.TryCreate(requestOrigin, UriKind.Absolute, out Uri? first)
            && Uri.TryCreate(serverOrigin, UriKind.Absolute, out Uri? second)
            && Uri.Compare(first, second, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
}

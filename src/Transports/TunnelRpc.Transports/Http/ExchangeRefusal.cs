using System.Buffers;
using System.Text;

namespace TunnelRpc.Transports.Http;

/// <summary>Answers an exchange with an error and words that a person can use.</summary>
internal static class ExchangeRefusal
{
    /// <summary>Answers <paramref name="status"/> with <paramref name="reason"/> as plain text; for exchanges whose head is not sent yet.</summary>
    public static async ValueTask RespondAsync(IHttpExchange exchange, int status, string reason, CancellationToken cancellationToken)
    {
        exchange.SetStatusCode(status);
        exchange.SetResponseHeader("Cache-Control", "no-store");
        exchange.SetResponseHeader("Content-Type", "text/plain; charset=utf-8");
        exchange.ResponseBody.Write(Encoding.UTF8.GetBytes(reason));
        await exchange.ResponseBody.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Answers 426 and says what to upgrade to (RFC 9110, 15.5.22); HTTP/2 and later have no headers for that.</summary>
    public static ValueTask RespondUpgradeRequiredAsync(IHttpExchange exchange, string token, string reason, CancellationToken cancellationToken)
    {
        if (exchange.Protocol.StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            exchange.SetResponseHeader("Upgrade", token);
            exchange.SetResponseHeader("Connection", "Upgrade");
        }

        return RespondAsync(exchange, 426, reason, cancellationToken);
    }

    /// <summary>
    /// Refuses with 403 what a browser sends for a foreign site (its Origin header says so). True when refused.
    /// Programs send no Origin; pages of the server's own origin may pass.
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
            $"The request's Origin is not this server's own, {exchange.Origin}. Behind a proxy that ends TLS, let the server know the outer scheme and host (forwarded headers).",
            cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static bool IsSameOrigin(string left, string right)
        => Uri.TryCreate(left, UriKind.Absolute, out Uri? first)
            && Uri.TryCreate(right, UriKind.Absolute, out Uri? second)
            && Uri.Compare(first, second, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
}

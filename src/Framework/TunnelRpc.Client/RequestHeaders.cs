using System.Buffers;

namespace TunnelRpc.Client;

/// <summary>Validates the headers that an application adds to the transports' requests. Without state.</summary>
internal static class RequestHeaders
{
    // RFC 9110, 5.6.2.
    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> InvalidValueChars = SearchValues.Create("\r\n\0");

    // Headers of the framing and the connection (RFC 9110, 7.6.1 and 7.8; RFC 9112, 6), headers for the proxy only, and headers that
    // HttpClient treats as headers of a body. All Content-* headers are reserved as well.
    private static readonly HashSet<string> ReservedNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "Allow", "Connection", "Expect", "Expires", "Keep-Alive", "Last-Modified", "Proxy-Authorization", "Proxy-Connection", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade",
    };

    /// <summary>
    /// Returns why a request cannot or must not carry the header; null when it can. The text does not contain the value, which may be a
    /// secret.
    /// </summary>
    public static string? GetValidationError(string name, string? value)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(TokenChars))
        {
            return $"Headers must have names of letters, digits and hyphens (RFC 9110, 5.1), got \"{name.ReplaceLineEndings(" ")}\".";
        }

        if (ReservedNames.Contains(name) || name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
        {
            string advice = name.Equals("Proxy-Authorization", StringComparison.OrdinalIgnoreCase) ? " Set ProxyCredentials instead." : "";
            return $"Headers must not hold {name}, which the application cannot set.{advice}";
        }

        return value is null || value.AsSpan().ContainsAny(InvalidValueChars)
            ? $"Headers must have values of one line, got {(value is null ? "none" : "several lines")} for {name}."
            : null;
    }
}

using System.Buffers;

namespace TunnelRpc.Client;

/// <summary>Which headers an application may add to the transports' requests.</summary>
internal static class RequestHeaders
{
    // RFC 9110, 5.6.2.
    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> InvalidValueChars = SearchValues.Create("\r\n\0");

    // Framing and connection (RFC 9110, 7.6.1 and 7.8; RFC 9112, 6), what concerns the proxy only, and what the HTTP client takes
    // for a body's; besides all Content-*.
    private static readonly HashSet<string> ReservedNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "Allow", "Connection", "Expect", "Expires", "Keep-Alive", "Last-Modified", "Proxy-Authorization", "Proxy-Connection", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade",
    };

    /// <summary>Why a request cannot carry the header, or must not; null when it may. The value, which may be a secret, is not in it.</summary>
    public static string? GetValidationError(string name, string? value)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(TokenChars))
        {
            return $"Headers must have names of letters, digits and hyphens (RFC 9110, 5.1), got \"{name.ReplaceLineEndings(" ")}\".";
        }

        if (ReservedNames.Contains(name) || name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
        {
            return $"Headers must not hold {name}, which is not the application's to set{(name.Equals("Proxy-Authorization", StringComparison.OrdinalIgnoreCase) ? ": set ProxyCredentials" : "")}.";
        }

        return value is null || value.AsSpan().ContainsAny(InvalidValueChars)
            ? $"Headers must have values of one line, got {(value is null ? "none" : "several lines")} for {name}."
            : null;
    }
}

using System.Globalization;

namespace TunnelRpc.Transports.Http;

/// <summary>Header names and values that the client's and the server's side of the transports share. Stateless.</summary>
internal static class HttpHeaderValues
{
    /// <summary>The upgrade token of the transports "upgrade" and "connect".</summary>
    public const string UpgradeToken = "tunnelrpc";

    /// <summary>The upgrade token of reverse HTTP (draft-lentczner-rhttp). Peers compare it with regard to case.</summary>
    public const string ReverseToken = "PTTH/1.0";

    /// <summary>The upgrade token of reverse HTTP in its first implementations.</summary>
    public const string EarlyReverseToken = "PTTH/0.9";

    /// <summary>The upgrade token of reverse HTTP without a version, which some peers send.</summary>
    public const string ReverseTokenWithoutVersion = "ptth";

    /// <summary>The header that distinguishes a TunnelRpc client from other clients when the rest of the request does not.</summary>
    public const string VersionHeader = "TunnelRpc-Version";

    /// <summary>The only value of <see cref="VersionHeader"/>.</summary>
    public const string Version = "1";

    /// <summary>The response header of a refusal with the reason, for reasons that the status alone does not express.</summary>
    public const string RefusalHeader = "TunnelRpc-Refusal";

    /// <summary>The value of <see cref="RefusalHeader"/> for a cross-origin request.</summary>
    public const string RefusedOrigin = "origin";

    /// <summary>
    /// The response header with the server's instance, 32 hexadecimal digits, by which a client notices that its requests reach different
    /// servers.
    /// </summary>
    public const string NodeHeader = "TunnelRpc-Node";

    /// <summary>
    /// The response header with the time, in whole seconds, after which the authentication of the request's user expires.
    /// </summary>
    public const string ExpiresInHeader = "TunnelRpc-Expires-In";

    /// <summary>The media type of all bodies.</summary>
    public const string ContentType = "application/octet-stream";

    /// <summary>
    /// Returns the entry of a comma-separated list that equals <paramref name="token"/> without regard to case, in the list's spelling;
    /// null when there is none.
    /// </summary>
    public static string? FindToken(string? list, string token)
    {
        if (list is null)
        {
            return null;
        }

        ReadOnlySpan<char> span = list;
        foreach (Range range in span.Split(','))
        {
            ReadOnlySpan<char> entry = span[range].Trim(" \t");
            if (entry.Equals(token, StringComparison.OrdinalIgnoreCase))
            {
                return entry.ToString();
            }
        }

        return null;
    }

    /// <summary>
    /// Returns the reverse-HTTP token of an Upgrade header in the peer's spelling, because some peers compare it with the response's; null
    /// when there is none.
    /// </summary>
    public static string? FindReverseToken(string? upgrade) =>
        FindToken(upgrade, ReverseToken) ?? FindToken(upgrade, ReverseTokenWithoutVersion);

    /// <summary>Returns the server's instance that a response names; null when it names none.</summary>
    public static Guid? FindServerInstance(HttpResponseMessage response)
        => response.Headers.TryGetValues(NodeHeader, out IEnumerable<string>? values)
            && Guid.TryParseExact(string.Concat(values), "N", out Guid instance)
            ? instance
            : null;

    /// <summary>Returns how long a server accepts the credentials of the request; null when the response does not state it.</summary>
    public static CredentialLifetime? FindCredentialLifetime(HttpResponseMessage response, TimeProvider timeProvider)
        => response.Headers.TryGetValues(ExpiresInHeader, out IEnumerable<string>? values)
            && uint.TryParse(string.Concat(values), NumberStyles.None, CultureInfo.InvariantCulture, out uint seconds)
            ? new CredentialLifetime(timeProvider.GetTimestamp(), TimeSpan.FromSeconds(seconds))
            : null;

    /// <summary>Sets the response headers that ask intermediaries to neither cache, transform nor buffer the response.</summary>
    public static void DisableBuffering(IHttpExchange exchange)
    {
        exchange.SetResponseHeader("Cache-Control", "no-store, no-transform");
        exchange.SetResponseHeader("X-Accel-Buffering", "no");
    }
}

namespace TunnelRpc.Transports.Http;

/// <summary>Names and values that both halves of the transports share.</summary>
internal static class HttpHeaderValues
{
    /// <summary>The upgrade token of the transports "upgrade" and "connect".</summary>
    public const string UpgradeToken = "tunnelrpc";

    /// <summary>The upgrade token of reverse HTTP (draft-lentczner-rhttp); peers compare this very spelling.</summary>
    public const string ReverseToken = "PTTH/1.0";

    /// <summary>Reverse HTTP's token without a version, which some peers send.</summary>
    public const string ReverseTokenWithoutVersion = "ptth";

    /// <summary>Tells a TunnelRpc peer from any other, where the request alone would not.</summary>
    public const string VersionHeader = "TunnelRpc-Version";

    /// <summary>The only value of <see cref="VersionHeader"/>.</summary>
    public const string Version = "1";

    /// <summary>Says on a refusal what the server refuses, where the status alone would not.</summary>
    public const string RefusalHeader = "TunnelRpc-Refusal";

    /// <summary>The value of <see cref="RefusalHeader"/> for a request of a foreign site.</summary>
    public const string RefusedOrigin = "origin";

    /// <summary>The media type of all bodies.</summary>
    public const string ContentType = "application/octet-stream";

    /// <summary>The item of a comma-separated list that equals <paramref name="token"/> without regard to case, in the list's spelling; null when there is none.</summary>
    public static string? FindToken(string? list, string token)
    {
        if (list is null)
        {
            return null;
        }

        ReadOnlySpan<char> span = list;
        foreach (Range range in span.Split(','))
        {
            ReadOnlySpan<char> item = span[range].Trim(" \t");
            if (item.Equals(token, StringComparison.OrdinalIgnoreCase))
            {
                return item.ToString();
            }
        }

        return null;
    }

    /// <summary>The reverse-HTTP token of an Upgrade header, in the peer's own spelling, which some compare with the answer's; null when there is none.</summary>
    public static string? FindReverseToken(string? upgrade) => FindToken(upgrade, ReverseToken) ?? FindToken(upgrade, ReverseTokenWithoutVersion);

    /// <summary>Tells everything on the way to pass an answer on as it comes: no caching, no changing, no holding back.</summary>
    public static void DisableBuffering(IHttpExchange exchange)
    {
        exchange.SetResponseHeader("Cache-Control", "no-store, no-transform");
        exchange.SetResponseHeader("X-Accel-Buffering", "no");
    }
}

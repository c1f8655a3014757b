using System.Text;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Heads as a proxy forwards them: what concerns the connection only stays behind (RFC 9110, 7.6.1).</summary>
internal static class HeadFormat
{
    private static readonly string[] HopByHop = ["Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate", "TE", "Trailer", "Transfer-Encoding", "Upgrade"];

    /// <summary>The first value of a field; null for none.</summary>
    public static string? Field(this Http1Head head, string name)
        => head.HeaderFields.FirstOrDefault(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>Whether a field that is a list has the token.</summary>
    public static bool HasToken(this Http1Head head, string name, string token)
        => head.HeaderFields.Any(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)
            && f.Value.Split(',', StringSplitOptions.TrimEntries).Contains(token, StringComparer.OrdinalIgnoreCase));

    /// <summary>The token of a request or answer that wants to change the protocol, or does; null for none.</summary>
    public static string? UpgradeToken(this Http1Head head) => head.HasToken("Connection", "Upgrade") ? head.Field("Upgrade") : null;

    /// <param name="startLine">Without its line end.</param>
    /// <param name="head">Whose fields are forwarded.</param>
    /// <param name="chunked">Whether the body is.</param>
    /// <param name="upgrade">The token when this is about an upgrade.</param>
    /// <param name="without">Further fields that stay behind.</param>
    /// <param name="host">The Host that replaces the one that came; null: that stays.</param>
    public static byte[] Write(string startLine, Http1Head head, bool chunked, string? upgrade = null, IEnumerable<string>? without = null, string? host = null)
    {
        HashSet<string> dropped = new(HopByHop.Concat(without ?? []), StringComparer.OrdinalIgnoreCase);
        foreach ((_, string value) in head.HeaderFields.Where(f => f.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase)))
        {
            dropped.UnionWith(value.Split(',', StringSplitOptions.TrimEntries));
        }

        StringBuilder text = new StringBuilder(startLine).Append("\r\n");
        if (host is not null)
        {
            dropped.Add("Host");
            text.Append("Host: ").Append(host).Append("\r\n");
        }

        foreach ((string name, string value) in head.HeaderFields.Where(f => !dropped.Contains(f.Key)))
        {
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (chunked)
        {
            text.Append("Transfer-Encoding: chunked\r\n");
        }

        if (upgrade is not null)
        {
            text.Append("Connection: Upgrade\r\nUpgrade: ").Append(upgrade).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }

    /// <summary>An answer of the proxy's own, with words.</summary>
    public static byte[] WriteProxyResponse(int status, string words, bool closes, string? authenticate = null)
    {
        string text = $"HTTP/1.1 {status} {ReasonPhrase(status)}\r\nContent-Type: text/plain\r\nContent-Length: {words.Length}\r\nCache-Control: no-store\r\n"
            + (authenticate is null ? "" : $"Proxy-Authenticate: {authenticate}\r\n")
            + (closes ? "Connection: close\r\n" : "")
            + "\r\n"
            + words;
        return Encoding.Latin1.GetBytes(text);
    }

    private static string ReasonPhrase(int status) => status switch
    {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        413 => "Content Too Large",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Refused",
    };
}

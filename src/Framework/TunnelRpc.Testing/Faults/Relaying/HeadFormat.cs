using System.Text;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Formats heads as a proxy forwards them: without the hop-by-hop fields (RFC 9110, 7.6.1).</summary>
internal static class HeadFormat
{
    private static readonly string[] HopByHop =
    [
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate", "TE", "Trailer", "Transfer-Encoding",
        "Upgrade",
    ];

    /// <summary>Returns the first value of a field, or null if the head has no such field.</summary>
    public static string? Field(this Http1Head head, string name)
        => head.HeaderFields.FirstOrDefault(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>Whether a field whose value is a list contains a token.</summary>
    public static bool HasToken(this Http1Head head, string name, string token)
        => head.HeaderFields.Any(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)
            && f.Value.Split(',', StringSplitOptions.TrimEntries).Contains(token, StringComparer.OrdinalIgnoreCase));

    /// <summary>Returns the Upgrade token of a request that asks for an upgrade, or of a 101; null for none.</summary>
    public static string? UpgradeToken(this Http1Head head) =>
        head.HasToken("Connection", "Upgrade") ? head.Field("Upgrade") : null;

    /// <summary>Formats the head of a forwarded message.</summary>
    /// <param name="startLine">The start line without its line end.</param>
    /// <param name="head">The head that was received.</param>
    /// <param name="chunked">Whether the body is sent in chunks.</param>
    /// <param name="upgrade">The Upgrade token to forward; null for none.</param>
    /// <param name="without">The names of further fields that are removed.</param>
    /// <param name="host">The value that replaces Host; null to keep the received one.</param>
    public static byte[] Write(
        string startLine,
        Http1Head head,
        bool chunked,
        string? upgrade = null,
        IEnumerable<string>? without = null,
        string? host = null)
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

    /// <summary>Formats a response of the proxy itself, with a text as its body.</summary>
    public static byte[] WriteProxyResponse(int status, string message, bool closes, string? authenticate = null)
    {
        string text = $"HTTP/1.1 {status} {ReasonPhrase(status)}\r\n"
            + $"Content-Type: text/plain\r\nContent-Length: {message.Length}\r\nCache-Control: no-store\r\n"
            + (authenticate is null ? "" : $"Proxy-Authenticate: {authenticate}\r\n")
            + (closes ? "Connection: close\r\n" : "")
            + "\r\n"
            + message;
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

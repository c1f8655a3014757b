using System.Buffers;

namespace TunnelRpc.Gateway.Client.Origins;

/// <summary>What both sides of the gateway check and remove in fields of heads (RFC 9110). Stateless.</summary>
internal static class HttpFieldRules
{
    /// <summary>
    /// The bytes of a body in one part. A part of this size with its header fits into one frame, so that it is neither split nor delays
    /// small messages.
    /// </summary>
    public const int PieceSize = 16_000;

    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // RFC 9110, 7.6.1, with Proxy-Authenticate and Proxy-Authorization, which are for the next proxy only (11.7), and HTTP2-Settings
    // (RFC 7540, 3.2.1).
    private static readonly string[] HopByHop =
    [
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "TE", "Upgrade", "Proxy-Authenticate", "Proxy-Authorization",
        "Proxy-Authentication-Info", "HTTP2-Settings",
    ];

    /// <summary>Whether the text is a token (RFC 9110, 5.6.2): a name of a field, or a method.</summary>
    public static bool IsToken(string text) => text.Length > 0 && text.AsSpan().IndexOfAnyExcept(TokenChars) < 0;

    /// <summary>Whether a value can be sent in a field: it has no control characters except the tab (RFC 9110, 5.5).</summary>
    public static bool IsValue(string value)
    {
        foreach (char c in value)
        {
            if ((c < ' ' && c != '\t') || c == '\x7f')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Whether a request target can be sent: origin form (RFC 9112, 3.2.1) or "*", of visible ASCII characters and without a fragment.
    /// </summary>
    public static bool IsTarget(string target) =>
        target == "*" || (target.StartsWith('/') && target.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 && !target.Contains('#'));

    /// <summary>Whether a field applies to one connection only, whatever Connection says.</summary>
    public static bool IsHopByHop(string name)
    {
        foreach (string hop in HopByHop)
        {
            if (string.Equals(hop, name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether one of the values of Connection names the field (RFC 9110, 7.6.1).</summary>
    /// <param name="connection">The values of the Connection fields.</param>
    /// <param name="name">The name of the field.</param>
    public static bool IsNamedBy(IEnumerable<string?> connection, string name)
    {
        foreach (string? value in connection)
        {
            ReadOnlySpan<char> list = value;
            foreach (Range range in list.Split(','))
            {
                if (list[range].Trim(" \t").Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Parses a Content-Length: digits only (RFC 9110, 8.6).</summary>
    public static bool TryParseLength(string? value, out long length)
    {
        length = 0;
        return !string.IsNullOrEmpty(value)
            && value.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0
            && long.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out length);
    }

    /// <summary>Returns the value of the first field of this name; null when there is none.</summary>
    public static string? Find(IReadOnlyList<HttpField> fields, string name)
    {
        // Indexed, since the enumerator of the interface allocates.
        for (int i = 0; i < fields.Count; i++)
        {
            if (string.Equals(fields[i].Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return fields[i].Value;
            }
        }

        return null;
    }
}

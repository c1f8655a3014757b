using System.Globalization;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Messages;

/// <summary>The header fields of messages as the router has them. Stateless.</summary>
internal static class MessageFields
{
    /// <summary>
    /// The fields that are forwarded to the next hop: without hop-by-hop fields (RFC 9110, 7.6.1), those that Connection names, and the
    /// Content-Length.
    /// </summary>
    public static List<HttpField> SelectEndToEnd(IEnumerable<KeyValuePair<string, string>> fields)
    {
        List<KeyValuePair<string, string>> all = [.. fields];
        HashSet<string> named = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in all)
        {
            if (name.Equals("Connection", StringComparison.OrdinalIgnoreCase))
            {
                named.UnionWith(value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            }
        }

        List<HttpField> selected = new(all.Count + 1);
        foreach ((string name, string value) in all)
        {
            if (!HttpFieldRules.IsHopByHop(name) && !IsTrailer(name) && !named.Contains(name) && !IsLength(name))
            {
                selected.Add(new HttpField(name, value));
            }
        }

        return selected;
    }

    /// <summary>Whether the name is that of a field that frames the body, which each writer of a message sets itself.</summary>
    public static bool IsFraming(string name)
        => IsLength(name) || name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase);

    /// <summary>A Content-Length field.</summary>
    public static HttpField Length(long length) => new("Content-Length", length.ToString(CultureInfo.InvariantCulture));

    // Announces trailers, which the dialects drop.
    private static bool IsTrailer(string name) => name.Equals("Trailer", StringComparison.OrdinalIgnoreCase);

    private static bool IsLength(string name) => name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase);
}

using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Client.Forwarding;

/// <summary>Which trailers of a request reach a local server. Stateless.</summary>
internal static class OriginTrailers
{
    // RFC 9110, 6.5.1: fields about framing, routing, authentication and content are not evaluated in trailers. A server that merges
    // trailers into the fields of the head would be misled by them.
    private static readonly string[] Refused =
    [
        "Authorization", "Cache-Control", "Cookie", "Expect", "Forwarded", "Host", "Max-Forwards", "Origin", "Range", "Referer", "Trailer",
        "Via",
    ];

    private static readonly string[] RefusedPrefixes = ["Content-", "If-", "Proxy-", "Sec-", "X-Forwarded-"];

    /// <summary>Returns the names that the Trailer fields of a request announce.</summary>
    public static string[] GetAnnounced(IReadOnlyList<HttpField> fields) =>
    [
        .. fields.Where(field => field.Name.Equals("Trailer", StringComparison.OrdinalIgnoreCase))
            .SelectMany(field => field.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
    ];

    /// <summary>Whether a trailer was announced, and is a field that may be one.</summary>
    public static bool IsAllowed(HttpField field, string[] announced) =>
        announced.Contains(field.Name, StringComparer.OrdinalIgnoreCase)
        && HttpFieldRules.IsToken(field.Name)
        && HttpFieldRules.IsValue(field.Value)
        && !HttpFieldRules.IsHopByHop(field.Name)
        && !Refused.Contains(field.Name, StringComparer.OrdinalIgnoreCase)
        && !Array.Exists(RefusedPrefixes, prefix => field.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}

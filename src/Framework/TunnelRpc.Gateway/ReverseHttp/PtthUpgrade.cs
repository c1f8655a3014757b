using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.ReverseHttp;

/// <summary>The fields of upgrades that pass a reverse-HTTP connection (RFC 9110, 7.8). Stateless.</summary>
internal static class PtthUpgrade
{
    /// <summary>The fields of this hop that ask for the upgrade of a request; none for an ordinary request.</summary>
    public static HttpField[] GetFields(GatewayRequest request) => request.Protocol is { } protocol
        ? [new HttpField("Connection", "Upgrade"), new HttpField("Upgrade", protocol)]
        : [];

    /// <summary>The protocol that a response 101 has chosen.</summary>
    /// <exception cref="MalformedHttpException">It names none, or several, or its Connection field does not name Upgrade.</exception>
    public static string GetProtocol(Http1Head head)
    {
        string[] protocols = Find(head, "Upgrade");
        return protocols is [{ Length: > 0 } protocol]
            && Find(head, "Connection").Any(value => value.Split(',', StringSplitOptions.TrimEntries)
                .Contains("Upgrade", StringComparer.OrdinalIgnoreCase))
            ? protocol
            : throw new MalformedHttpException("Expected \"Connection: Upgrade\" and one Upgrade field in a response 101, got others.");
    }

    private static string[] Find(Http1Head head, string name)
        => [.. head.HeaderFields.Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];
}

using System.Net;

namespace TunnelRpc.Lab.Gateway;

/// <summary>What stands in front of the gateway, for its public clients and for the tunnels of applications. Immutable.</summary>
/// <param name="Name">The name, a parameter of the tests.</param>
/// <param name="Program">The reverse proxy; null for none.</param>
internal sealed record GatewayFront(string Name, ProxyProgram? Program)
{
    /// <summary>Whether a client may open a WebSocket over HTTP/2 (RFC 8441).</summary>
    public bool TakesExtendedConnect { get; init; } = true;

    /// <summary>Whether the requests of clients that use HTTP/2 reach the gateway over HTTP/2, also those that are not gRPC.</summary>
    public bool KeepsHttp2 { get; init; }

    /// <summary>
    /// Whether a client of HTTP/2 gets the end of a response that has broken off over HTTP/1.1, as if it were whole: a defect of the proxy.
    /// </summary>
    public bool HidesBreaksOverHttp2 { get; init; }

    public static IReadOnlyList<GatewayFront> All { get; } =
    [
        new GatewayFront("direct", null) { KeepsHttp2 = true },
        new GatewayFront("HAProxy", ProxyProgram.HAProxyGateway) { HidesBreaksOverHttp2 = true },
        new GatewayFront("nginx", ProxyProgram.NginxGateway) { TakesExtendedConnect = false },
    ];

    public static GatewayFront Find(string name) => All.Single(front => front.Name == name);

    /// <summary>The versions of HTTP that public clients use.</summary>
    public static IReadOnlyList<Version> Versions { get; } = [HttpVersion.Version11, HttpVersion.Version20];
}

using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Lab;

/// <summary>What must be found behind which proxy: the one place that says so. docs/proxies.md is held to it.</summary>
internal static class ProxyTable
{
    private static readonly string[] None = [];
    private static readonly string[] Tunnel = ["connect"];
    private static readonly string[] Upgrades = ["upgrade", "reverse-http"];
    private static readonly string[] Streams = ["two-connection"];

    public static IReadOnlyList<ProxyPath> Paths { get; } =
    [
        .. Direct("upgrade", [.. Upgrades, .. Streams]),
        .. Reverse("HAProxy", ProxyProgram.HAProxy, "upgrade", [.. Upgrades, .. Streams]),
        .. Reverse("HAProxy, no delay", ProxyProgram.HAProxyNoDelay, "upgrade", [.. Upgrades, .. Streams]),
        .. Reverse("nginx", ProxyProgram.NginxStock, null, None),
        .. Reverse("nginx, WebSocket map", ProxyProgram.NginxWebSocket, "upgrade", Upgrades),
        .. Reverse("nginx, unbuffered", ProxyProgram.NginxUnbuffered, "two-connection", Streams),
        .. Reverse("Apache, upgrade=ANY", ProxyProgram.ApacheAny, "upgrade", [.. Upgrades, .. Streams]),
        .. Reverse("Apache, upgrade=websocket", ProxyProgram.ApacheWebSocket, "two-connection", Streams),
        .. Reverse("mitmproxy, reverse", ProxyProgram.MitmproxyReverse, "upgrade", Upgrades),
        .. Forward("Apache, forward", ProxyProgram.ApacheForward, Streams),
        .. Forward("Squid", ProxyProgram.Squid, Streams),
        .. Forward("Squid, Basic", ProxyProgram.SquidBasic, Streams).Select(WithCredentials),
        .. Forward("Squid, Digest", ProxyProgram.SquidDigest, Streams).Select(WithCredentials),
        .. Forward("tinyproxy", ProxyProgram.Tinyproxy, Streams),
        .. Forward("Privoxy", ProxyProgram.Privoxy, None),
        .. Forward("mitmproxy", ProxyProgram.MitmproxyPlain, Upgrades),
        .. Intercepting("mitmproxy, intercepting", ProxyProgram.MitmproxyIntercepting, Upgrades),
    ];

    /// <summary>The names of all paths, for theories.</summary>
    public static TheoryData<string> Names => [.. Paths.Select(p => p.ToString())];

    /// <summary>The names of those that carry anything at all.</summary>
    public static TheoryData<string> PassableNames => [.. Paths.Where(p => p.Winner is not null).Select(p => p.ToString())];

    /// <summary>Those that this build has, in the order of preference.</summary>
    public static IEnumerable<string> Known(IEnumerable<string> transports) => HttpTransports.Default.Select(t => t.Name).Intersect(transports);

    public static ProxyPath Find(string name) => Paths.Single(p => p.ToString() == name);

    private static IEnumerable<ProxyPath> Direct(string winner, string[] passes)
        => Enum.GetValues<Front>().Select(front => new ProxyPath("none", null, false, front, winner, passes));

    private static IEnumerable<ProxyPath> Reverse(string proxy, ProxyProgram program, string? winner, string[] passes)
        => Enum.GetValues<Front>().Select(front => new ProxyPath(proxy, program, false, front, winner, passes));

    /// <summary>Inside a CONNECT everything passes; with http addresses the other transports meet the proxy itself.</summary>
    private static IEnumerable<ProxyPath> Forward(string proxy, ProxyProgram program, string[] passesPlain) =>
    [
        new ProxyPath(proxy, program, true, Front.Http, "connect", [.. Tunnel, .. passesPlain]),
        new ProxyPath(proxy, program, true, Front.Http2, "connect", [.. Tunnel, "reverse-http", .. Streams]),
    ];

    /// <summary>Inside its CONNECT there is still the proxy.</summary>
    private static IEnumerable<ProxyPath> Intercepting(string proxy, ProxyProgram program, string[] passesPlain)
        => Forward(proxy, program, passesPlain).Select(p => p.Front == Front.Http ? p : p with { Passes = [.. Tunnel, "reverse-http"] });

    private static ProxyPath WithCredentials(ProxyPath path) => path with { NeedsCredentials = true };
}

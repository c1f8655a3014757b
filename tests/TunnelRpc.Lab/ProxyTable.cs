using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Lab;

/// <summary>What must be found behind which proxy: the one place that says so. docs/proxies.md is held to it.</summary>
internal static class ProxyTable
{
    /// <summary>Messages one at a time pass everywhere.</summary>
    private static readonly string[] Polls = ["long-poll"];
    private static readonly string[] Blocks = ["n-plus-one", .. Polls];
    private static readonly string[] Streams = ["two-connection", .. Blocks];

    /// <summary>What needs an Upgrade to pass.</summary>
    private static readonly string[] Upgrades = ["upgrade", "websocket", "reverse-http"];

    /// <summary>What needs HTTP/2 all the way to somebody who knows extended CONNECT.</summary>
    private static readonly string[] Http2 = ["extended-connect", "http2-post"];

    /// <summary>Inside a CONNECT everything passes but what leaves the CONNECT to the transport of that name.</summary>
    private static readonly string[] InsideConnect = ["connect", "reverse-http", .. Http2, .. Streams];

    public static IReadOnlyList<ProxyPath> Paths { get; } =
    [
        .. Reverse("none", null, "upgrade", [.. Upgrades, .. Streams], http2: Http2),

        // HAProxy knows HTTP/2 by its first bytes, without TLS.
        .. Reverse("HAProxy", ProxyProgram.HAProxy, "upgrade", [.. Upgrades, .. Streams], http2: Http2, http: Http2),
        .. Reverse("HAProxy, no delay", ProxyProgram.HAProxyNoDelay, "upgrade", [.. Upgrades, .. Streams], http2: Http2, http: Http2),
        .. Reverse("nginx", ProxyProgram.NginxStock, "n-plus-one", Blocks),
        .. Reverse("nginx, WebSocket map", ProxyProgram.NginxWebSocket, "upgrade", [.. Upgrades, .. Blocks]),
        .. Reverse("nginx, unbuffered", ProxyProgram.NginxUnbuffered, "two-connection", Streams, http2: ["http2-post"]),

        // With the default limit for bodies, which ends one streamed upload after the other.
        .. Reverse("nginx, unbuffered, 1 MiB", ProxyProgram.NginxLimited, "two-connection", Streams).Where(p => p.Frontend != FrontendProtocol.Http2),
        .. Reverse("Apache, upgrade=ANY", ProxyProgram.ApacheAny, "upgrade", [.. Upgrades, .. Streams]),
        .. Reverse("Apache, upgrade=websocket", ProxyProgram.ApacheWebSocket, "websocket", ["websocket", .. Streams]),
        .. Reverse("mitmproxy, reverse", ProxyProgram.MitmproxyReverse, "upgrade", [.. Upgrades, .. Polls]),
        .. Forward("Apache, forward", ProxyProgram.ApacheForward, Streams, InsideConnect),
        .. Forward("Squid", ProxyProgram.Squid, Streams, InsideConnect),
        .. Forward("Squid, Basic", ProxyProgram.SquidBasic, Streams, InsideConnect).Select(WithCredentials),
        .. Forward("Squid, Digest", ProxyProgram.SquidDigest, Streams, InsideConnect).Select(WithCredentials),
        .. Forward("tinyproxy", ProxyProgram.Tinyproxy, Streams, InsideConnect),

        // Passes the 101 and what the server says, and drops what the client says.
        .. Forward("Privoxy", ProxyProgram.Privoxy, Blocks, InsideConnect),
        .. Forward("mitmproxy", ProxyProgram.MitmproxyPlain, [.. Upgrades, .. Polls], InsideConnect),

        // Inside its CONNECT there is still the proxy.
        .. Forward("mitmproxy, intercepting", ProxyProgram.MitmproxyIntercepting, [.. Upgrades, .. Polls], ["connect", "reverse-http", .. Polls]),
    ];

    /// <summary>The names of all paths, for theories.</summary>
    public static TheoryData<string> Names(Func<ProxyPath, bool> which) => [.. Paths.Where(which).Select(p => p.ToString())];

    /// <summary>The transports in the order of preference, whatever order they were named in.</summary>
    public static IEnumerable<string> InOrder(IEnumerable<string> transports) => HttpTransports.Default.Select(t => t.Name).Intersect(transports);

    public static ProxyPath Find(string name) => Paths.Single(p => p.ToString() == name);

    private static IEnumerable<ProxyPath> Reverse(
        string proxy, ProxyProgram? program, string winner, string[] passes, string[]? http2 = null, string[]? http = null) =>
    [
        new ProxyPath(proxy, program, false, FrontendProtocol.Http, winner, [.. passes, .. http ?? []]),
        new ProxyPath(proxy, program, false, FrontendProtocol.Https, winner, passes),
        new ProxyPath(proxy, program, false, FrontendProtocol.Http2, winner, [.. passes, .. http2 ?? []]),
    ];

    /// <summary>With an http address every transport but "connect" meets the proxy itself.</summary>
    private static IEnumerable<ProxyPath> Forward(string proxy, ProxyProgram program, string[] passesPlain, string[] passesTls) =>
    [
        new ProxyPath(proxy, program, true, FrontendProtocol.Http, "connect", ["connect", .. passesPlain]),
        new ProxyPath(proxy, program, true, FrontendProtocol.Http2, "connect", passesTls),
    ];

    private static ProxyPath WithCredentials(ProxyPath path) => path with { NeedsCredentials = true };
}

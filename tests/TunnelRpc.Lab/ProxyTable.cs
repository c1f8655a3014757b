using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Lab;

/// <summary>The expected transports for each proxy. A test compares docs/proxies.md with this table.</summary>
internal static class ProxyTable
{
    /// <summary>Complete short requests and responses pass every proxy.</summary>
    private static readonly string[] Polls = ["long-poll"];
    private static readonly string[] Blocks = ["n-plus-one", .. Polls];
    private static readonly string[] Streams = ["two-connection", .. Blocks];

    /// <summary>The transports that need a proxy to forward the Upgrade header.</summary>
    private static readonly string[] Upgrades = ["upgrade", "websocket", "reverse-http"];

    /// <summary>The transports that need HTTP/2 up to the server; extended-connect also needs its support of extended CONNECT.</summary>
    private static readonly string[] Http2 = ["extended-connect", "http2-post"];

    /// <summary>
    /// The transports that work inside a CONNECT tunnel. "upgrade" and "websocket" do not use CONNECT for an https address.
    /// </summary>
    private static readonly string[] InsideConnect = ["connect", "reverse-http", .. Http2, .. Streams];

    public static IReadOnlyList<ProxyPath> Paths { get; } =
    [
        .. Reverse("none", null, "upgrade", [.. Upgrades, .. Streams], http2: Http2),

        // HAProxy detects HTTP/2 by its preface, without TLS.
        .. Reverse("HAProxy", ProxyProgram.HAProxy, "upgrade", [.. Upgrades, .. Streams], http2: Http2, http: Http2),
        .. Reverse("HAProxy, no delay", ProxyProgram.HAProxyNoDelay, "upgrade", [.. Upgrades, .. Streams], http2: Http2, http: Http2),
        .. Reverse("nginx", ProxyProgram.NginxStock, "n-plus-one", Blocks),
        .. Reverse("nginx, WebSocket map", ProxyProgram.NginxWebSocket, "upgrade", [.. Upgrades, .. Blocks]),
        .. Reverse("nginx, unbuffered", ProxyProgram.NginxUnbuffered, "two-connection", Streams, http2: ["http2-post"]),

        // With the default limit for request bodies, which ends each streamed upload after 1 MiB.
        .. Reverse("nginx, unbuffered, 1 MiB", ProxyProgram.NginxLimited, "two-connection", Streams)
            .Where(p => p.Frontend != FrontendProtocol.Http2),
        .. Reverse("Apache, upgrade=ANY", ProxyProgram.ApacheAny, "upgrade", [.. Upgrades, .. Streams]),
        .. Reverse("Apache, upgrade=websocket", ProxyProgram.ApacheWebSocket, "websocket", ["websocket", .. Streams]),

        // YARP forwards only the Upgrade of WebSocket. By HTTP/1.1 it does not stream requests.
        .. Reverse("YARP", ProxyProgram.Yarp, "websocket", ["websocket", .. Blocks]),

        // By HTTP/2 it sends small pieces of a request when it has something else to send.
        .. Reverse("YARP, HTTP/2 to the server", ProxyProgram.YarpHttp2, "websocket", ["websocket", .. Blocks]),

        // Two servers, to which a cookie of the proxy assigns the requests of a client.
        .. Reverse("YARP, two servers, affinity", ProxyProgram.YarpAffinity, "websocket", ["websocket", .. Blocks]),
        .. Reverse("mitmproxy, reverse", ProxyProgram.MitmproxyReverse, "upgrade", [.. Upgrades, .. Polls]),
        .. Forward("Apache, forward", ProxyProgram.ApacheForward, Streams, InsideConnect),
        .. Forward("Squid", ProxyProgram.Squid, Streams, InsideConnect),
        .. Forward("Squid, Basic", ProxyProgram.SquidBasic, Streams, InsideConnect).Select(WithCredentials),
        .. Forward("Squid, Digest", ProxyProgram.SquidDigest, Streams, InsideConnect).Select(WithCredentials),
        .. Forward("tinyproxy", ProxyProgram.Tinyproxy, Streams, InsideConnect),

        // Privoxy forwards the 101 and the server's bytes, and drops the client's bytes.
        .. Forward("Privoxy", ProxyProgram.Privoxy, Blocks, InsideConnect),
        .. Forward("mitmproxy", ProxyProgram.MitmproxyPlain, [.. Upgrades, .. Polls], InsideConnect),

        // The proxy also processes the requests inside its CONNECT tunnel.
        .. Forward(
            "mitmproxy, intercepting", ProxyProgram.MitmproxyIntercepting, [.. Upgrades, .. Polls], ["connect", "reverse-http", .. Polls]),
    ];

    /// <summary>Returns the names of the selected paths, for theories.</summary>
    public static TheoryData<string> Names(Func<ProxyPath, bool> predicate) => [.. Paths.Where(predicate).Select(p => p.ToString())];

    /// <summary>Returns the transports in the order of preference.</summary>
    public static IEnumerable<string> InOrder(IEnumerable<string> transports) =>
        HttpTransports.Default.Select(t => t.Name).Intersect(transports);

    public static ProxyPath Find(string name) => Paths.Single(p => p.ToString() == name);

    private static IEnumerable<ProxyPath> Reverse(
        string proxy, ProxyProgram? program, string winner, string[] working, string[]? http2 = null, string[]? http = null) =>
    [
        new ProxyPath(proxy, program, false, FrontendProtocol.Http, winner, [.. working, .. http ?? []]),
        new ProxyPath(proxy, program, false, FrontendProtocol.Https, winner, working),
        new ProxyPath(proxy, program, false, FrontendProtocol.Http2, winner, [.. working, .. http2 ?? []]),
    ];

    /// <summary>
    /// Creates the paths of a forward proxy. With an http address, the proxy processes the requests of every transport except "connect".
    /// </summary>
    private static IEnumerable<ProxyPath> Forward(string proxy, ProxyProgram program, string[] workingPlain, string[] workingTls) =>
    [
        new ProxyPath(proxy, program, true, FrontendProtocol.Http, "connect", ["connect", .. workingPlain]),
        new ProxyPath(proxy, program, true, FrontendProtocol.Http2, "connect", workingTls),
    ];

    private static ProxyPath WithCredentials(ProxyPath path) => path with { NeedsCredentials = true };
}

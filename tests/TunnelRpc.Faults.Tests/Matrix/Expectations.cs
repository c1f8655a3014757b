using static TunnelRpc.Faults.Tests.Matrix.Expected;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>The expected outcomes that several transports share.</summary>
internal static class Expectations
{
    private const string HandshakeTimeout = "the path opened, but its handshake got no reply";

    /// <summary>The outcomes of transports that use one raw connection.</summary>
    public static Dictionary<string, Expected> ForOneConnection() => new()
    {
        ["delays uploads by one write, bytes"] = TimesOut(),
        ["delays downloads by one write, bytes"] = TimesOut(),
        ["buffers 4 KiB up"] = TimesOut(),
        ["buffers 4 KiB down"] = TimesOut(),
        ["black hole up"] = WorksAtFirst,
        ["black hole down"] = WorksAtFirst,
        ["resets up"] = WorksAtFirst,
        ["resets down"] = WorksAtFirst,
        ["idle limit"] = WorksAtFirst,
        ["idle upload limit"] = WorksAtFirst,
        ["refuses connections"] = Fails("no connection to"),
    };

    /// <summary>The outcomes of transports that use an HTTP/1.1 upgrade, which the proxy can change.</summary>
    public static Dictionary<string, Expected> ForUpgrade() => new(ForTunnel())
    {
        ["strips Upgrade"] = Refused(426, "Upgrade"),
        ["only WebSocket"] = Refused(426, "Upgrade"),
        ["buffers uploads and downloads"] = Refused(426, "Upgrade"),
        ["delays uploads by one write"] = Refused(426, "Upgrade"),
        ["responds after the request"] = Refused(426, "Upgrade"),
        ["drops bytes that are not HTTP"] = TimesOut(HandshakeTimeout),
    };

    /// <summary>The outcomes of CONNECT. The proxy can neither strip nor buffer anything in the tunnel.</summary>
    public static Dictionary<string, Expected> ForConnect() => new(ForTunnel())
    {
        ["TCP only"] = Refused(404, "does not offer CONNECT"),
        ["refuses with 403"] = Refused(403, "does not allow CONNECT"),
    };

    /// <summary>The outcomes of two streamed legs, which are reopened when they break.</summary>
    public static Dictionary<string, Expected> ForStreamedLegs() => new(ForRequests())
    {
        ["delays uploads by one write, bytes"] = Fails("the upload is delayed by one write"),
        ["delays uploads by one write"] = Fails("the upload is delayed by one write"),
        ["buffers 4 KiB up"] = Fails("the upload is buffered below"),
        ["buffers uploads"] = Fails("the upload is buffered until it is complete"),
        ["buffers uploads, suppresses 100"] = Fails("the upload is buffered until it is complete"),
        ["delays downloads by one write, bytes"] = Refused(200, "the download is buffered", "the head of the response arrived"),
        ["buffers 4 KiB down"] = Fails("the download is buffered", "not even the head of the response arrived"),
        ["buffers downloads"] = Fails("the download is buffered", "not even the head of the response arrived"),
        ["buffers uploads and downloads"] = Fails("the download is buffered", "not even the head of the response arrived"),
    };

    /// <summary>The outcomes of a leg of blocks and a streamed download.</summary>
    public static Dictionary<string, Expected> ForNPlusOne() => new(ForStreamedLegs())
    {
        ["delays uploads by one write, bytes"] = Works,
        ["delays uploads by one write"] = Works,
        ["buffers 4 KiB up"] = Works,
        ["buffers uploads"] = Works,
        ["buffers uploads, suppresses 100"] = Works,
    };

    /// <summary>The outcomes of blocks and polls, which work if an intermediary buffers complete requests and responses.</summary>
    public static Dictionary<string, Expected> ForLongPoll() => new(ForRequests()) { ["resets down"] = WorksAtFirst };

    private static Dictionary<string, Expected> ForRequests() => new()
    {
        ["black hole up"] = WorksAtFirst,
        ["black hole down"] = WorksAtFirst,
        ["resets up"] = WorksAtFirst,
        ["idle limit"] = WorksAtFirst,
        ["idle upload limit"] = WorksAtFirst,
        ["refuses large bodies"] = WorksAtFirst,
        ["refuses connections"] = Fails("no connection to"),
        ["refuses with 403"] = Refused(403, "forbids"),
        ["refuses with 407"] = Refused(407, "credentials"),
        ["refuses with 502"] = Refused(502),
        ["requires credentials"] = Refused(407, "credentials"),
    };

    private static Dictionary<string, Expected> ForTunnel() => new(ForOneConnection())
    {
        ["black hole for tunnel uploads"] = TimesOut(),
        ["black hole for tunnel downloads"] = TimesOut(),
        ["black hole for tunnels"] = TimesOut(),
        ["refuses with 403"] = Refused(403, "forbids"),
        ["refuses with 407"] = Refused(407, "credentials"),
        ["refuses with 502"] = Refused(502),
        ["requires credentials"] = Refused(407, "credentials"),
    };
}

using static TunnelRpc.Faults.Tests.Matrix.Expected;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>What the transports have in common.</summary>
internal static class Expectations
{
    private const string HandshakeTimeout = "the path opened, but its handshake got no reply";

    /// <summary>Of what is one raw connection in the end.</summary>
    public static Dictionary<string, Expected> ForOneConnection() => new()
    {
        ["one behind up"] = TimesOut(),
        ["one behind down"] = TimesOut(),
        ["holds 4 KiB up"] = TimesOut(),
        ["holds 4 KiB down"] = TimesOut(),
        ["black hole up"] = WorksAtFirst,
        ["black hole down"] = WorksAtFirst,
        ["resets up"] = WorksAtFirst,
        ["resets down"] = WorksAtFirst,
        ["idle limit"] = WorksAtFirst,
        ["silent upload"] = WorksAtFirst,
        ["refuses connections"] = Fails("no connection to"),
    };

    /// <summary>Of what upgrades an HTTP/1.1 connection in the sight of the proxy.</summary>
    public static Dictionary<string, Expected> ForUpgrade() => new(ForTunnel())
    {
        ["strips Upgrade"] = Refused(426, "Upgrade"),
        ["only WebSocket"] = Refused(426, "Upgrade"),
        ["holds both"] = Refused(426, "Upgrade"),
        ["uploads one behind"] = Refused(426, "Upgrade"),
        ["answers after the request"] = Refused(426, "Upgrade"),
        ["swallows what is not HTTP"] = TimesOut(HandshakeTimeout),
    };

    /// <summary>Of CONNECT, in whose tunnel the proxy sees nothing that it could strip or hold.</summary>
    public static Dictionary<string, Expected> ForConnect() => new(ForTunnel())
    {
        ["bytes only"] = Refused(404, "does not offer CONNECT"),
        ["refuses with 403"] = Refused(403, "does not allow CONNECT"),
    };

    /// <summary>Of two streamed bodies, of which a new one follows one that broke.</summary>
    public static Dictionary<string, Expected> ForStreamedLegs() => new(ForRequests())
    {
        ["one behind up"] = Fails("the upload is one write behind"),
        ["uploads one behind"] = Fails("the upload is one write behind"),
        ["holds 4 KiB up"] = Fails("the upload is held below"),
        ["holds uploads"] = Fails("the upload is held until it is complete"),
        ["holds uploads silently"] = Fails("the upload is held until it is complete"),
        ["one behind down"] = Refused(200, "the download is held", "the head of its answer came"),
        ["holds 4 KiB down"] = Fails("the download is held", "not even the head of its answer came"),
        ["holds downloads"] = Fails("the download is held", "not even the head of its answer came"),
        ["holds both"] = Fails("the download is held", "not even the head of its answer came"),
    };

    /// <summary>Of blocks up, each a request of its own, and a streamed answer down.</summary>
    public static Dictionary<string, Expected> ForNPlusOne() => new(ForStreamedLegs())
    {
        ["one behind up"] = Works,
        ["uploads one behind"] = Works,
        ["holds 4 KiB up"] = Works,
        ["holds uploads"] = Works,
        ["holds uploads silently"] = Works,
    };

    /// <summary>Of blocks up and polls down: nothing that a proxy holds until it is complete does any harm.</summary>
    public static Dictionary<string, Expected> ForLongPoll() => new(ForRequests()) { ["resets down"] = WorksAtFirst };

    private static Dictionary<string, Expected> ForRequests() => new()
    {
        ["black hole up"] = WorksAtFirst,
        ["black hole down"] = WorksAtFirst,
        ["resets up"] = WorksAtFirst,
        ["idle limit"] = WorksAtFirst,
        ["silent upload"] = WorksAtFirst,
        ["refuses large bodies"] = WorksAtFirst,
        ["refuses connections"] = Fails("no connection to"),
        ["refuses with 403"] = Refused(403, "forbids"),
        ["refuses with 407"] = Refused(407, "credentials"),
        ["refuses with 502"] = Refused(502),
        ["wants credentials"] = Refused(407, "credentials"),
    };

    private static Dictionary<string, Expected> ForTunnel() => new(ForOneConnection())
    {
        ["swallows what goes up a tunnel"] = TimesOut(),
        ["swallows what comes down a tunnel"] = TimesOut(),
        ["swallows tunnels"] = TimesOut(),
        ["refuses with 403"] = Refused(403, "forbids"),
        ["refuses with 407"] = Refused(407, "credentials"),
        ["refuses with 502"] = Refused(502),
        ["wants credentials"] = Refused(407, "credentials"),
    };
}

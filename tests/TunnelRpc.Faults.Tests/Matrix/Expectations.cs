using static TunnelRpc.Faults.Tests.Matrix.Expected;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>What the transports have in common.</summary>
internal static class Expectations
{
    /// <summary>Of what is one raw connection in the end.</summary>
    public static Dictionary<string, Expected> OfOneConnection() => new()
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

    /// <summary>Of what upgrades an HTTP/1.1 connection.</summary>
    public static Dictionary<string, Expected> OfUpgrade() => new(OfOneConnection())
    {
        ["strips Upgrade"] = Refused(426, "Upgrade"),
        ["only WebSocket"] = Refused(426, "Upgrade"),
        ["holds both"] = Refused(426, "Upgrade"),
        ["uploads one behind"] = Refused(426, "Upgrade"),
        ["answers after the request"] = Refused(426, "Upgrade"),
        ["swallows what goes up a tunnel"] = TimesOut(),
        ["swallows what comes down a tunnel"] = TimesOut(),
        ["swallows tunnels"] = TimesOut(),
        ["swallows what is not HTTP"] = TimesOut(),
        ["refuses with 403"] = Refused(403, "forbids"),
        ["refuses with 407"] = Refused(407, "credentials"),
        ["refuses with 502"] = Refused(502),
        ["wants credentials"] = Refused(407, "credentials"),
    };
}

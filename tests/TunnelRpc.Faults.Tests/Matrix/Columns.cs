using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>The personalities that every transport must cope with, by name.</summary>
internal static class Columns
{
    public const int Limit = 64 * 1024;

    private static readonly Column[] List =
    [
        new(FaultPersonalities.Transparent),
        new(FaultPersonalities.BytesOnly, IsForBytes: true),
        Bytes("latency", p => p with { Up = [StreamFault.Latency(Milliseconds(10), Milliseconds(10))], Down = [StreamFault.Latency(Milliseconds(10), Milliseconds(10))] }),
        Bytes("one behind up", p => p with { Up = [StreamFault.OneBehind()] }),
        Bytes("one behind down", p => p with { Down = [StreamFault.OneBehind()] }),
        Bytes("holds 4 KiB up", p => p with { Up = [StreamFault.HoldUntil(4096)] }),
        Bytes("holds 4 KiB down", p => p with { Down = [StreamFault.HoldUntil(4096)] }),
        Bytes("small pieces", p => p with { Up = SmallPieces(), Down = SmallPieces() }),
        Bytes("ends on half-close", p => p with { EndsOnHalfClose = true }),
        Bytes("black hole up", p => p with { Up = [StreamFault.BlackHoleAfter(Limit)] }),
        Bytes("black hole down", p => p with { Down = [StreamFault.BlackHoleAfter(Limit)] }),
        Bytes("resets up", p => p with { Up = [StreamFault.ResetAfter(Limit, Limit)] }),
        Bytes("resets down", p => p with { Down = [StreamFault.ResetAfter(Limit, Limit)] }),
        Bytes("idle limit", p => p with { IdleLimit = TimeSpan.FromSeconds(60) }, TimeSpan.FromSeconds(60)),
        Bytes("silent upload", p => p with { Up = [StreamFault.EndWhenSilent(TimeSpan.FromSeconds(5))] }, TimeSpan.FromSeconds(5)),
        Bytes("refuses connections", p => p with { RefusesConnections = true }),
        new(FaultPersonalities.StripsUpgrade),
        new(FaultPersonalities.OnlyWebSocket),
        new(FaultPersonalities.HoldsUploads with { Upgrades = UpgradeHandling.Pass }),
        new(FaultPersonalities.HoldsUploadsSilently with { Upgrades = UpgradeHandling.Pass }),
        new(FaultPersonalities.HoldsDownloads with { Upgrades = UpgradeHandling.Pass }),
        new(FaultPersonalities.BufferingReverseProxy),
        new(FaultPersonalities.UploadsOneBehind),
        new(FaultPersonalities.AnswersAfterRequest),
        new(FaultPersonalities.SwallowsTunnelUp),
        new(FaultPersonalities.SwallowsTunnelDown),
        new(FaultPersonalities.SwallowsTunnels),
        new(FaultPersonalities.RepeatsPosts with { Upgrades = UpgradeHandling.Pass }),
        new(FaultPersonalities.Refuses(403)),
        new(FaultPersonalities.Refuses(407)),
        new(FaultPersonalities.Refuses(502)),
        Http("refuses large bodies", p => p with { Requests = [RequestFault.RefuseBodiesAbove(Limit)] }),
        Http("swallows what is not HTTP", p => p with { Up = [StreamFault.SwallowUnlessHttp()] }),
        Http("closes after each request", p => p with { RequestsPerConnection = 1 }),
        Http("answers 100 itself", p => p with { Continue = ContinueHandling.Answer }),
        Http("swallows 100", p => p with { Continue = ContinueHandling.Swallow }),
        Http("drops the answer of the 3rd POST", p => p with { Requests = [RequestFault.DropAnswer() with { Method = "POST", Nth = 3 }] }),
        Http("drops the answer of the 2nd GET", p => p with { Requests = [RequestFault.DropAnswer() with { Method = "GET", Nth = 2 }] }),
        Http("coalesces GETs", p => p with { CoalescesGets = true }),
        Http("wants credentials", p => p with { Authentication = new ProxyAuthentication("me", "secret") }),
    ];

    public static IReadOnlyDictionary<string, Column> All { get; } = List.ToDictionary(c => c.Personality.Name);

    private static Column Bytes(string name, Func<FaultPersonality, FaultPersonality> change, TimeSpan? silence = null)
        => new(change(new FaultPersonality(name)), IsForBytes: true, silence);

    private static Column Http(string name, Func<FaultPersonality, FaultPersonality> change) => new(change(new FaultPersonality(name)));

    private static StreamFault[] SmallPieces() => [StreamFault.Split(firstBytes: 2048), StreamFault.Split(1, 8192)];

    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);
}

using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>The fault profiles that every transport must handle, by name.</summary>
internal static class Columns
{
    /// <summary>The number of bytes, or the size of a body, at which faults start: 64 KiB.</summary>
    public const int Limit = 64 * 1024;

    private static readonly TimeSpan TenMilliseconds = TimeSpan.FromMilliseconds(10);

    private static readonly Column[] List =
    [
        new(FaultProfiles.Transparent),
        new(FaultProfiles.TcpOnly, IsTcpOnly: true),
        Tcp("latency", p => p with { Up = TenMillisecondsLatency(), Down = TenMillisecondsLatency() }),
        Tcp("delays uploads by one write, bytes", p => p with { Up = [StreamFault.DelayByOneWrite()] }),
        Tcp("delays downloads by one write, bytes", p => p with { Down = [StreamFault.DelayByOneWrite()] }),
        Tcp("buffers 4 KiB up", p => p with { Up = [StreamFault.BufferUntil(4096)] }),
        Tcp("buffers 4 KiB down", p => p with { Down = [StreamFault.BufferUntil(4096)] }),
        Tcp("small chunks", p => p with { Up = SmallChunks(), Down = SmallChunks() }),
        Tcp("closes on half-close", p => p with { ClosesOnHalfClose = true }),
        Tcp("black hole up", p => p with { Up = [StreamFault.BlackHoleAfter(Limit)] }),
        Tcp("black hole down", p => p with { Down = [StreamFault.BlackHoleAfter(Limit)] }),
        Tcp("resets up", p => p with { Up = [StreamFault.ResetAfter(Limit, Limit)] }),
        Tcp("resets down", p => p with { Down = [StreamFault.ResetAfter(Limit, Limit)] }),
        Tcp("idle limit", p => p with { IdleTimeout = TimeSpan.FromSeconds(60) }, TimeSpan.FromSeconds(60)),
        Tcp("idle upload limit", p => p with { Up = [StreamFault.TimeOutWhenIdle(TimeSpan.FromSeconds(5))] }, TimeSpan.FromSeconds(5)),
        Tcp("refuses connections", p => p with { RefusesConnections = true }),
        new(FaultProfiles.StripsUpgrade),
        new(FaultProfiles.OnlyWebSocket),
        new(FaultProfiles.BuffersUploads with { Upgrades = UpgradeHandling.Pass }),
        new(FaultProfiles.BuffersUploadsWithoutContinue with { Upgrades = UpgradeHandling.Pass }),
        new(FaultProfiles.BuffersDownloads with { Upgrades = UpgradeHandling.Pass }),
        new(FaultProfiles.BufferingReverseProxy),
        new(FaultProfiles.DelaysUploadsByOneWrite),
        new(FaultProfiles.RespondsAfterRequest),
        new(FaultProfiles.BlackHolesTunnelUploads),
        new(FaultProfiles.BlackHolesTunnelDownloads),
        new(FaultProfiles.BlackHolesTunnels),
        new(FaultProfiles.DuplicatesPosts with { Upgrades = UpgradeHandling.Pass }),
        new(FaultProfiles.RefusesRequests(403)),
        new(FaultProfiles.RefusesRequests(407)),
        new(FaultProfiles.RefusesRequests(502)),
        Http("refuses large bodies", p => p with { Requests = [RequestFault.RefuseBodiesAbove(Limit)] }),
        Http("drops bytes that are not HTTP", p => p with { Up = [StreamFault.DropUnlessHttp()] }),
        Http("closes after each request", p => p with { MaxRequestsPerConnection = 1 }),
        Http("responds 100 itself", p => p with { Continue = ContinueHandling.Respond }),
        Http("suppresses 100", p => p with { Continue = ContinueHandling.Suppress }),
        Http(
            "drops the response to the 3rd POST",
            p => p with { Requests = [RequestFault.DropResponse() with { Method = "POST", Nth = 3 }] }),
        Http(
            "drops the response to the 2nd GET",
            p => p with { Requests = [RequestFault.DropResponse() with { Method = "GET", Nth = 2 }] }),
        Http("coalesces GETs", p => p with { CoalescesGets = true }),
        Http("requires credentials", p => p with { Authentication = new ProxyAuthentication("me", "secret") }),
    ];

    public static IReadOnlyDictionary<string, Column> All { get; } = List.ToDictionary(c => c.Profile.Name);

    private static Column Tcp(string name, Func<FaultProfile, FaultProfile> change, TimeSpan? stallTime = null)
        => new(change(new FaultProfile(name)), IsTcpOnly: true, stallTime);

    private static Column Http(string name, Func<FaultProfile, FaultProfile> change) => new(change(new FaultProfile(name)));

    private static StreamFault[] SmallChunks() => [StreamFault.Split(firstBytes: 2048), StreamFault.Split(1, 8192)];

    private static StreamFault[] TenMillisecondsLatency() => [StreamFault.Latency(TenMilliseconds, TenMilliseconds)];
}

namespace TunnelRpc.Testing.Faults;

/// <summary>
/// Personalities that were met in the field, ready to be used. Each does one thing; real proxies combine several, see
/// <see cref="BufferingReverseProxy"/> for an example.
/// </summary>
public static class FaultProfiles
{
    /// <summary>A proxy without a fault: it upgrades any token, streams both ways, relays 100-continue.</summary>
    public static FaultProfile Transparent { get; } = new("transparent");

    /// <summary>Every connection is relayed as it is.</summary>
    public static FaultProfile TcpOnly { get; } = new("bytes only") { Level = FaultLevel.Tcp };

    /// <summary>No upgrades: the default of nginx, Apache, Varnish, lighttpd, h2o, Squid and tinyproxy. Streams both ways.</summary>
    public static FaultProfile StripsUpgrade { get; } = new("strips Upgrade") { Upgrades = UpgradeHandling.Strip };

    /// <summary>Of upgrades only WebSocket.</summary>
    public static FaultProfile OnlyWebSocket { get; } = new("only WebSocket") { Upgrades = UpgradeHandling.PassWebSocket };

    /// <summary>Request bodies are held until they are complete, and 100-continue is answered by the proxy; no upgrades.</summary>
    public static FaultProfile BuffersUploads { get; } = new("holds uploads")
    {
        Upgrades = UpgradeHandling.Strip,
        Continue = ContinueHandling.Respond,
        Up = [StreamFault.BufferUntilComplete()],
    };

    /// <summary>Request bodies are held until they are complete, and 100-continue is never answered; no upgrades.</summary>
    public static FaultProfile BuffersUploadsWithoutContinue { get; } = BuffersUploads with { Name = "holds uploads silently", Continue = ContinueHandling.Suppress };

    /// <summary>Answers are held until they are complete; no upgrades.</summary>
    public static FaultProfile BuffersDownloads { get; } = new("holds downloads") { Upgrades = UpgradeHandling.Strip, Down = [StreamFault.BufferUntilComplete()] };

    /// <summary>Both are held; no upgrades. As nginx's defaults do to a server that does not say X-Accel-Buffering, and mitmproxy.</summary>
    public static FaultProfile BufferingReverseProxy { get; } = BuffersUploads with { Name = "holds both", Down = [StreamFault.BufferUntilComplete()] };

    /// <summary>Request bodies are always one write behind, as with Varnish and a Content-Length; no upgrades.</summary>
    public static FaultProfile DelaysUploadsByOneWrite { get; } = new("uploads one behind") { Upgrades = UpgradeHandling.Strip, Up = [StreamFault.DelayByOneWrite() with { Scope = FaultScope.Bodies }] };

    /// <summary>No answer before the request has ended, as in Varnish, tinyproxy and Apache; no upgrades.</summary>
    public static FaultProfile RespondsAfterRequest { get; } = new("answers after the request") { Upgrades = UpgradeHandling.Strip, RespondsAfterRequest = true };

    /// <summary>Says 101, or 200 to CONNECT, and delivers nothing that comes from the client, as Privoxy does.</summary>
    public static FaultProfile BlackHolesTunnelUploads { get; } = new("swallows what goes up a tunnel") { Up = [StreamFault.BlackHoleAfter(0) with { Scope = FaultScope.Tunnels }] };

    /// <summary>Says 101, or 200 to CONNECT, and delivers nothing to the client.</summary>
    public static FaultProfile BlackHolesTunnelDownloads { get; } = new("swallows what comes down a tunnel") { Down = [StreamFault.BlackHoleAfter(0) with { Scope = FaultScope.Tunnels }] };

    /// <summary>Says 101, or 200 to CONNECT, and delivers nothing in either direction.</summary>
    public static FaultProfile BlackHolesTunnels { get; } = BlackHolesTunnelUploads with { Name = "swallows tunnels", Down = BlackHolesTunnelDownloads.Down };

    /// <summary>A FIN ends both directions, as in nginx, Caddy, lighttpd, Squid, nghttpx and h2o.</summary>
    public static FaultProfile ClosesOnHalfClose { get; } = new("ends on half-close") { ClosesOnHalfClose = true };

    /// <summary>All pieces arrive as single bytes.</summary>
    public static FaultProfile SingleBytes { get; } = new("single bytes") { Up = [StreamFault.Split()], Down = [StreamFault.Split()] };

    /// <summary>Refuses CONNECT with 403, as Squid, Apache and Traffic Server do for ports other than 443; no upgrades.</summary>
    public static FaultProfile ForbidsConnect { get; } = new("forbids CONNECT") { Upgrades = UpgradeHandling.Strip, Requests = [RequestFault.Refuse(403) with { Method = "CONNECT" }] };

    /// <summary>Every POST is delivered twice.</summary>
    public static FaultProfile DuplicatesPosts { get; } = new("repeats POSTs") { Upgrades = UpgradeHandling.Strip, Requests = [RequestFault.Duplicate() with { Method = "POST" }] };

    /// <summary>Every request gets <paramref name="status"/>.</summary>
    public static FaultProfile RefusesRequests(int status) => new($"refuses with {status}") { Requests = [RequestFault.Refuse(status)] };

    /// <summary>Nobody listens.</summary>
    public static FaultProfile RefusesConnections { get; } = new("refuses connections") { RefusesConnections = true };
}

namespace TunnelRpc.Testing.Faults;

/// <summary>
/// Profiles of proxies in use. Each has one fault. Real proxies combine several: see <see cref="BufferingReverseProxy"/> for an example.
/// </summary>
public static class FaultProfiles
{
    /// <summary>A proxy without a fault: it upgrades any token, streams in both directions and relays 100-continue.</summary>
    public static FaultProfile Transparent { get; } = new("transparent");

    /// <summary>Relays the bytes of every connection unchanged.</summary>
    public static FaultProfile TcpOnly { get; } = new("TCP only") { Level = FaultLevel.Tcp };

    /// <summary>
    /// No upgrades: the default of nginx, Apache, Varnish, lighttpd, h2o, Squid and tinyproxy. Bodies stream in both directions.
    /// </summary>
    public static FaultProfile StripsUpgrade { get; } = new("strips Upgrade") { Upgrades = UpgradeHandling.Strip };

    /// <summary>Forwards upgrades to WebSocket only.</summary>
    public static FaultProfile OnlyWebSocket { get; } = new("only WebSocket") { Upgrades = UpgradeHandling.PassWebSocket };

    /// <summary>Buffers request bodies until they are complete, and answers 100-continue itself. No upgrades.</summary>
    public static FaultProfile BuffersUploads { get; } = new("buffers uploads")
    {
        Upgrades = UpgradeHandling.Strip,
        Continue = ContinueHandling.Respond,
        Up = [StreamFault.BufferUntilComplete()],
    };

    /// <summary>Buffers request bodies until they are complete, and drops the upstream's 100. No upgrades.</summary>
    public static FaultProfile BuffersUploadsWithoutContinue { get; } = BuffersUploads with
    {
        Name = "buffers uploads, suppresses 100",
        Continue = ContinueHandling.Suppress,
    };

    /// <summary>Buffers responses until they are complete. No upgrades.</summary>
    public static FaultProfile BuffersDownloads { get; } = new("buffers downloads")
    {
        Upgrades = UpgradeHandling.Strip,
        Down = [StreamFault.BufferUntilComplete()],
    };

    /// <summary>
    /// Buffers requests and responses until they are complete. No upgrades. So do nginx, by default, for a server that sends no
    /// <c>X-Accel-Buffering: no</c>, and mitmproxy.
    /// </summary>
    public static FaultProfile BufferingReverseProxy { get; } = BuffersUploads with
    {
        Name = "buffers uploads and downloads",
        Down = [StreamFault.BufferUntilComplete()],
    };

    /// <summary>
    /// Delays request bodies by one write: each chunk waits for the next one, as in Varnish for a body with a Content-Length. No upgrades.
    /// </summary>
    public static FaultProfile DelaysUploadsByOneWrite { get; } = new("delays uploads by one write")
    {
        Upgrades = UpgradeHandling.Strip,
        Up = [StreamFault.DelayByOneWrite() with { Scope = FaultScope.Bodies }],
    };

    /// <summary>Forwards a response only after the request has ended, as Varnish, tinyproxy and Apache do. No upgrades.</summary>
    public static FaultProfile RespondsAfterRequest { get; } = new("responds after the request")
    {
        Upgrades = UpgradeHandling.Strip,
        RespondsAfterRequest = true,
    };

    /// <summary>Accepts a tunnel (101, or 200 to CONNECT) and drops all bytes from the client, as Privoxy does.</summary>
    public static FaultProfile BlackHolesTunnelUploads { get; } = new("black hole for tunnel uploads")
    {
        Up = [StreamFault.BlackHoleAfter(0) with { Scope = FaultScope.Tunnels }],
    };

    /// <summary>Accepts a tunnel (101, or 200 to CONNECT) and drops all bytes to the client.</summary>
    public static FaultProfile BlackHolesTunnelDownloads { get; } = new("black hole for tunnel downloads")
    {
        Down = [StreamFault.BlackHoleAfter(0) with { Scope = FaultScope.Tunnels }],
    };

    /// <summary>Accepts a tunnel (101, or 200 to CONNECT) and drops all bytes in both directions.</summary>
    public static FaultProfile BlackHolesTunnels { get; } = BlackHolesTunnelUploads with
    {
        Name = "black hole for tunnels",
        Down = BlackHolesTunnelDownloads.Down,
    };

    /// <summary>Closes both directions at a FIN of either side, as nginx, Caddy, lighttpd, Squid, nghttpx and h2o do.</summary>
    public static FaultProfile ClosesOnHalfClose { get; } = new("closes on half-close") { ClosesOnHalfClose = true };

    /// <summary>Delivers every byte in a write of its own, in both directions.</summary>
    public static FaultProfile SingleBytes { get; } = new("single bytes") { Up = [StreamFault.Split()], Down = [StreamFault.Split()] };

    /// <summary>
    /// Refuses CONNECT with 403, as Squid, Apache and Traffic Server do for ports other than 443. No upgrades.
    /// </summary>
    public static FaultProfile ForbidsConnect { get; } = new("forbids CONNECT")
    {
        Upgrades = UpgradeHandling.Strip,
        Requests = [RequestFault.Refuse(403) with { Method = "CONNECT" }],
    };

    /// <summary>Delivers every POST twice. No upgrades.</summary>
    public static FaultProfile DuplicatesPosts { get; } = new("duplicates POSTs")
    {
        Upgrades = UpgradeHandling.Strip,
        Requests = [RequestFault.Duplicate() with { Method = "POST" }],
    };

    /// <summary>Answers every request itself with one status.</summary>
    /// <param name="status">The status, from 400 to 599.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> is below 400 or above 599.</exception>
    public static FaultProfile RefusesRequests(int status) => new($"refuses with {status}") { Requests = [RequestFault.Refuse(status)] };

    /// <summary>The operating system refuses every connection.</summary>
    public static FaultProfile RefusesConnections { get; } = new("refuses connections") { RefusesConnections = true };
}

using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Faults.Tests.Servers;

/// <summary>Raw clients and a raw upstream with a fault proxy between them. Disposal disposes all of them.</summary>
internal sealed class ProxiedPair : IAsyncDisposable
{
    private readonly RawServer _upstream;
    private readonly List<RawPeer> _peers = [];

    private ProxiedPair(RawServer upstream, FaultProxy proxy)
    {
        _upstream = upstream;
        Proxy = proxy;
    }

    public FaultProxy Proxy { get; }

    public Uri Upstream => _upstream.Address;

    public static async Task<ProxiedPair> StartAsync(FaultProfile profile, Action<FaultProxyOptions>? configure = null)
    {
        var upstream = new RawServer();
        return new ProxiedPair(upstream, await FaultProxy.StartAsync(upstream.Address, profile, configure));
    }

    public async Task<RawPeer> ConnectAsync() => Track(await RawPeer.ConnectAsync(Proxy.Address));

    public async Task<RawPeer> AcceptAsync() => Track(await _upstream.AcceptAsync());

    /// <summary>Sends a request, or its head, and returns the client's and the upstream's side.</summary>
    public async Task<(RawPeer Client, RawPeer Server)> RequestAsync(string request)
    {
        RawPeer client = await ConnectAsync();
        await client.WriteAsync(request);
        return (client, await AcceptAsync());
    }

    /// <summary>Upgrades a connection and returns both sides of the tunnel.</summary>
    public async Task<(RawPeer Client, RawPeer Server)> UpgradeAsync()
    {
        (RawPeer client, RawPeer server) = await RequestAsync(
            "GET /t HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: any\r\n\r\n");
        await server.ReadHeadAsync();
        await server.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: any\r\n\r\n");
        (await client.ReadHeadAsync()).ShouldStartWith("HTTP/1.1 101 ");
        return (client, server);
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync().DefaultTimeout();
        _peers.ForEach(p => p.Dispose());
        _upstream.Dispose();
    }

    private RawPeer Track(RawPeer peer)
    {
        _peers.Add(peer);
        return peer;
    }
}

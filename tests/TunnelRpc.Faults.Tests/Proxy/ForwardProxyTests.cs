using System.Net;
using TunnelRpc.Faults.Tests.Servers;
using TunnelRpc.Testing.Faults;

namespace TunnelRpc.Faults.Tests.Proxy;

/// <summary>The fault proxy as a forward proxy that clients are configured with.</summary>
public sealed class ForwardProxyTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task Absolute_url_is_forwarded_to_its_host()
    {
        using var server = new RawServer();
        await using FaultProxy proxy = await FaultProxy.StartAsync(null);
        using RawPeer client = await RawPeer.ConnectAsync(proxy.Address);

        await client.WriteAsync($"GET {server.Address}a?b HTTP/1.1\r\nHost: other\r\nProxy-Connection: keep-alive\r\n\r\n");
        using RawPeer upstream = await server.AcceptAsync();
        string head = await upstream.ReadHeadAsync();
        await upstream.WriteAsync(Ok);

        head.ShouldBe($"GET /a?b HTTP/1.1\r\nHost: {server.Address.Authority}\r\n\r\n");
        (await client.ReadResponseAsync()).ShouldBe((200, "ok"));
    }

    [Fact]
    public async Task Connect_opens_a_tunnel_of_raw_bytes()
    {
        using var server = new RawServer();
        await using FaultProxy proxy = await FaultProxy.StartAsync(null);
        using RawPeer client = await RawPeer.ConnectAsync(proxy.Address);

        await client.WriteAsync($"CONNECT {server.Address.Authority} HTTP/1.1\r\nHost: x\r\n\r\n");
        (await client.ReadHeadAsync()).ShouldStartWith("HTTP/1.1 200 ");
        using RawPeer upstream = await server.AcceptAsync();
        await client.WriteAsync("up");
        await upstream.WriteAsync("down");

        (await upstream.ReadAsync(2)).ShouldBe("up");
        (await client.ReadAsync(4)).ShouldBe("down");
        proxy.Requests.Single().ShouldBe(new FaultProxyRequest(1, "CONNECT", server.Address.Authority, 200, true));
    }

    [Fact]
    public async Task Relative_url_without_upstream_gets_400()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(null);
        using RawPeer client = await RawPeer.ConnectAsync(proxy.Address);

        await client.WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        (await client.ReadResponseAsync()).Status.ShouldBe(400);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Http_client_with_credentials_gets_the_response(bool digest, bool closes)
    {
        using var server = new RawServer();
        var authentication = new ProxyAuthentication("me", "secret") { UsesDigest = digest, ClosesConnection = closes };
        FaultProfile profile = FaultProfiles.Transparent with { Authentication = authentication };
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, profile);
        var webProxy = new WebProxy(proxy.Address) { Credentials = new NetworkCredential("me", "secret") };
        using var handler = new SocketsHttpHandler { Proxy = webProxy, UseProxy = true };
        using var client = new HttpClient(handler);

        Task<string> response = client.GetStringAsync(server.Address);
        using RawPeer upstream = await server.AcceptAsync();
        string head = await upstream.ReadHeadAsync();
        await upstream.WriteAsync(Ok);

        (await response.DefaultTimeout()).ShouldBe("ok");
        head.ShouldNotContain("Proxy-");
        proxy.Requests.Select(r => r.Status).ShouldBe([407, 200]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wrong_credentials_get_the_rejection_status(bool digest)
    {
        using var server = new RawServer();
        var authentication = new ProxyAuthentication("me", "secret") { UsesDigest = digest, RejectionStatus = 401 };
        FaultProfile profile = FaultProfiles.Transparent with { Authentication = authentication };
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, profile);
        var webProxy = new WebProxy(proxy.Address) { Credentials = new NetworkCredential("me", "wrong") };
        using var handler = new SocketsHttpHandler { Proxy = webProxy, UseProxy = true };
        using var client = new HttpClient(handler);

        using HttpResponseMessage response = await client.GetAsync(server.Address).DefaultTimeout();

        ((int)response.StatusCode).ShouldBe(401);
    }

    [Fact]
    public async Task Proxy_that_hangs_after_407_responds_on_a_new_connection_only()
    {
        using var server = new RawServer();
        var authentication = new ProxyAuthentication("me", "secret") { StopsResponding = true };
        FaultProfile profile = FaultProfiles.Transparent with { Authentication = authentication };
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, profile);
        string connect = $"CONNECT {server.Address.Authority} HTTP/1.1\r\nHost: x\r\n";
        string authorized = $"{connect}Proxy-Authorization: Basic {Convert.ToBase64String("me:secret"u8)}\r\n\r\n";
        using RawPeer first = await RawPeer.ConnectAsync(proxy.Address);
        await first.WriteAsync(connect + "\r\n");
        (await first.ReadResponseAsync()).Status.ShouldBe(407);
        using RawPeer second = await RawPeer.ConnectAsync(proxy.Address);

        await first.WriteAsync(authorized);
        Task<string> hanging = first.ReadHeadAsync();
        await second.WriteAsync(authorized);

        (await second.ReadHeadAsync()).ShouldStartWith("HTTP/1.1 200 ");
        hanging.IsCompleted.ShouldBeFalse();
        await proxy.DisposeAsync().DefaultTimeout();
        await Should.ThrowAsync<Exception>(hanging);
    }
}

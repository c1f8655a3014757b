using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Shares;

/// <summary>The limits of one user and of one remote address: who is refused, and that the others are not.</summary>
public sealed class PartitionLimitTests
{
    [Fact]
    public async Task Sessions_of_one_user_are_limited_and_those_of_others_are_not()
    {
        await using ServerApp app = await StartAsync(options => options.Limits.PerUser.MaxSessions = 2);
        using var meter = new ServerMeter(app.App.Services);
        await using TunnelClient first = await app.ConnectAsync("ann", "upgrade");
        await using TunnelClient second = await app.ConnectAsync("ann", "upgrade");

        TunnelException refused = await RefusedAsync(app, "ann");
        await using TunnelClient other = await app.ConnectAsync("bob", "upgrade");
        await using TunnelClient anonymous = await app.ConnectAsync(null, "upgrade");
        await first.DisposeAsync();
        await using TunnelClient next = await ConnectSoonAsync(app, "ann");

        refused.Message.ShouldContain("Expected at most 2 sessions of this user, got one more (limit PerUser.MaxSessions).");
        meter.Refused("PerUser.MaxSessions").ShouldBeGreaterThanOrEqualTo(1);
        (await second.Get<IWarehouse>().CountAsync(1).DefaultTimeout()).ShouldBe(1);
        (await next.Get<IWarehouse>().CountAsync(2).DefaultTimeout()).ShouldBe(2);
        (await anonymous.Get<IWarehouse>().CountAsync(3).DefaultTimeout()).ShouldBe(3);
    }

    [Theory]
    [InlineData("198.51.100.7", "198.51.100.7", "198.51.100.8")]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:2:ffff::9", "2001:db8:1:3::7")] // One /64.
    [InlineData("::ffff:198.51.100.7", "198.51.100.7", "2001:db8::1")]
    public async Task Sessions_of_one_address_are_limited_and_the_address_is_that_of_forwarded_headers(
        string address, string same, string other)
    {
        await using ServerApp app = await StartAsync(options => options.Limits.PerRemoteAddress.MaxSessions = 1);
        await using TunnelClient only = await ConnectFromAsync(app, address);

        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => ConnectFromAsync(app, same));
        await using TunnelClient elsewhere = await ConnectFromAsync(app, other);

        refused.Message.ShouldContain("this remote address");
        refused.Message.ShouldContain("(limit PerRemoteAddress.MaxSessions)");
        (await elsewhere.Get<IWarehouse>().CountAsync(1).DefaultTimeout()).ShouldBe(1);
    }

    [Fact]
    public async Task New_sessions_per_second_are_limited_by_address_with_a_burst_of_ten_seconds()
    {
        var time = new FakeTimeProvider();
        await using ServerApp app = await StartAsync(options =>
        {
            options.TimeProvider = time;
            options.Limits.PerRemoteAddress.MaxNewSessionsPerSecond = 1;
        });
        using var meter = new ServerMeter(app.App.Services);
        for (int i = 0; i < 10; i++)
        {
            await (await ConnectFromAsync(app, "198.51.100.7")).DisposeAsync();
        }

        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => ConnectFromAsync(app, "198.51.100.7"));
        await (await ConnectFromAsync(app, "198.51.100.8")).DisposeAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        await (await ConnectFromAsync(app, "198.51.100.7")).DisposeAsync();

        refused.Message.ShouldContain("(limit PerRemoteAddress.MaxNewSessionsPerSecond)");
        meter.Refused("PerRemoteAddress.MaxNewSessionsPerSecond").ShouldBe(1);
    }

    [Fact]
    public async Task Handshakes_per_second_are_limited_by_user()
    {
        await using ServerApp app = await StartAsync(options =>
        {
            options.TimeProvider = new FakeTimeProvider();
            options.Limits.PerUser.MaxHandshakesPerSecond = 1;
        });
        for (int i = 0; i < 10; i++)
        {
            await (await app.ConnectAsync("ann", "upgrade")).DisposeAsync();
        }

        (await RefusedAsync(app, "ann")).Message.ShouldContain("(limit PerUser.MaxHandshakesPerSecond)");
        await (await app.ConnectAsync("bob", "upgrade")).DisposeAsync();
    }

    [Fact]
    public async Task Pending_handshakes_are_limited_by_address()
    {
        await using ServerApp app = await StartAsync(options => options.Limits.PerRemoteAddress.MaxPendingHandshakes = 2);
        using TcpClient first = await HoldHandshakeAsync(app, "198.51.100.7");
        using TcpClient second = await HoldHandshakeAsync(app, "198.51.100.7");

        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => ConnectFromAsync(app, "198.51.100.7"));
        await using TunnelClient other = await ConnectFromAsync(app, "198.51.100.8");
        first.Dispose();
        await using TunnelClient next = await SoonAsync(() => ConnectFromAsync(app, "198.51.100.7"));

        refused.Message.ShouldContain("(limit PerRemoteAddress.MaxPendingHandshakes)");
        (await next.Get<IWarehouse>().CountAsync(1).DefaultTimeout()).ShouldBe(1);
    }

    [Fact]
    public async Task Bytes_of_one_user_are_limited_and_only_its_largest_session_is_shed()
    {
        const int Megabyte = 1 << 20;
        var warehouse = new Warehouse();
        await using ServerApp app = await StartAsync(options => options.Limits.PerUser.MaxBufferedBytes = 8 * Megabyte, warehouse);
        using var meter = new ServerMeter(app.App.Services);
        await using TunnelClient small = await app.ConnectAsync("ann", "upgrade", o => o.StayConnected = false);
        await using TunnelClient large = await app.ConnectAsync("ann", "upgrade", o => o.StayConnected = false);
        await using TunnelClient other = await app.ConnectAsync("bob", "upgrade");
        string[] unharmed = [small.SessionId!, other.SessionId!];
        Task<int> kept = small.Get<IWarehouse>().StoreAsync(new byte[Megabyte]).AsTask();
        Task<int> others = other.Get<IWarehouse>().StoreAsync(new byte[3 * Megabyte]).AsTask();

        Task<int>[] stored = [.. Enumerable.Range(0, 4).Select(_ => large.Get<IWarehouse>().StoreAsync(new byte[3 * Megabyte]).AsTask())];

        // The reason reaches the client only if its path takes CLOSE at once; the log has it in any case. A call that starts after the end
        // of the session opens another one, and is stored.
        await Should.ThrowAsync<TunnelException>(Task.WhenAny(stored).Unwrap().DefaultTimeout());
        warehouse.Release();

        // The session is aborted before that is logged and counted.
        await Eventually.TrueAsync(() => meter.Shed("PerUser.MaxBufferedBytes") >= 1
            && app.Log.Lines.Any(line => line.Contains("(limit PerUser.MaxBufferedBytes)", StringComparison.Ordinal)));
        (await kept.DefaultTimeout(), await others.DefaultTimeout()).ShouldBe((Megabyte, 3 * Megabyte));

        new[] { small.SessionId, other.SessionId }.ShouldBe(unharmed);
        unharmed.ShouldBeSubsetOf(app.Server.SessionIds);
    }

    [Fact]
    public async Task Pending_leg_connections_are_limited_by_address()
    {
        await using ServerApp app = await StartAsync(options =>
        {
            options.TimeProvider = new FakeTimeProvider();
            options.Limits.PerRemoteAddress.MaxPendingLegConnections = 2;
        });
        using var meter = new ServerMeter(app.App.Services);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        (HttpStatusCode first, _) = await BeginLegConnectionAsync(http, app, "198.51.100.7");
        (HttpStatusCode second, _) = await BeginLegConnectionAsync(http, app, "198.51.100.7");
        (HttpStatusCode third, string text) = await BeginLegConnectionAsync(http, app, "198.51.100.7");
        (HttpStatusCode other, _) = await BeginLegConnectionAsync(http, app, "198.51.100.8");

        (first, second, third, other)
            .ShouldBe((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK));
        text.ShouldContain("(limit PerRemoteAddress.MaxPendingLegConnections)");
        meter.Refused("PerRemoteAddress.MaxPendingLegConnections").ShouldBe(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Limit_out_of_range_is_an_error_at_start_that_names_it(int value)
    {
        Exception invalid = await Should.ThrowAsync<Exception>(() => StartAsync(o => o.Limits.PerUser.MaxSessions = value));

        invalid.Message.ShouldContain("Limits.PerUser.MaxSessions must be from 1 to 2147483647.");
    }

    private static Task<ServerApp> StartAsync(Action<TunnelServerOptions> options, Warehouse? warehouse = null) => ServerApp.StartAsync(
        services => services.AddService<IWarehouse>(warehouse ?? new Warehouse()),
        options,
        map: app =>
        {
            var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor };
            app.UseForwardedHeaders(forwarded);
            app.MapTunnelRpc("/tunnel");
        });

    private static Task<TunnelClient> ConnectFromAsync(ServerApp app, string address) => app.ConnectAsync(
        null,
        "upgrade",
        options =>
        {
            options.Headers["X-Forwarded-For"] = address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
            options.ConnectTimeout = TimeSpan.Zero;
        });

    private static Task<TunnelException> RefusedAsync(ServerApp app, string? user) => Should.ThrowAsync<TunnelException>(
        () => app.ConnectAsync(user, "upgrade", options => options.ConnectTimeout = TimeSpan.Zero));

    private static Task<TunnelClient> ConnectSoonAsync(ServerApp app, string user) =>
        SoonAsync(() => app.ConnectAsync(user, "upgrade", options => options.ConnectTimeout = TimeSpan.Zero));

    /// <summary>The server frees a permit when its side of the earlier client has ended.</summary>
    private static async Task<TunnelClient> SoonAsync(Func<Task<TunnelClient>> connect)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await connect();
            }
            catch (TunnelException) when (attempt < 100)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Opens the download leg of a leg connection (docs/legs.md), and not its upload leg.</summary>
    private static async Task<(HttpStatusCode Status, string Text)> BeginLegConnectionAsync(HttpClient http, ServerApp app, string address)
    {
        const string Leg = "poll 1 0 0 0 0";
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        byte[] key = RandomNumberGenerator.GetBytes(32);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{app.Address()}/{id}/down?n=1");
        request.Headers.Add("X-Forwarded-For", address);
        request.Headers.Add("TunnelRpc-Leg", Leg);
        request.Headers.Add(
            "TunnelRpc-Proof", Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"GET {id} down {Leg}"))));
        request.Headers.Add("TunnelRpc-Connection", "1 blocks poll");
        request.Headers.Add("TunnelRpc-Key", Base64Url.EncodeToString(key));
        using HttpResponseMessage response = await http.SendAsync(request).DefaultTimeout();
        return (response.StatusCode, await response.Content.ReadAsStringAsync().DefaultTimeout());
    }

    /// <summary>Opens a path and sends no HELLO.</summary>
    private static async Task<TcpClient> HoldHandshakeAsync(ServerApp app, string address)
    {
        Uri server = app.Address();
        var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, server.Port);
        string head = $"GET {server.AbsolutePath} HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: Upgrade\r\nUpgrade: tunnelrpc\r\n"
            + $"X-Forwarded-For: {address}\r\n\r\n";
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
        byte[] response = new byte[12];
        await tcp.GetStream().ReadExactlyAsync(response).AsTask().DefaultTimeout();
        Encoding.ASCII.GetString(response).ShouldBe("HTTP/1.1 101");
        return tcp;
    }
}

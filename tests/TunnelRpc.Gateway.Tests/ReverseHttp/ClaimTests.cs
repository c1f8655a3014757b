using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.ReverseHttp;

/// <summary>MapReverseHttpClaims with a real server, and programs that write the bytes themselves.</summary>
public sealed class ClaimTests : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 100 });

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("PTTH/1.0")]
    [InlineData("PTTH/0.9")]
    public async Task Name_is_claimed_and_requests_are_answered_on_the_same_connection(string token)
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ConnectAsync(app, token);
        for (int number = 1; number <= 2; number++)
        {
            Task<HttpResponseMessage> request = _client.PostAsync(app.Address($"/apps/shop/{number}?q"), new StringContent("hello"));

            (await program.ReadUntilAsync("\r\n\r\nhello")).ShouldStartWith($"POST /{number}?q HTTP/1.1\r\nHost: ");
            await program.SendAsync("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nolleh");

            using HttpResponseMessage response = await request.DefaultTimeout();
            response.StatusCode.ShouldBe(HttpStatusCode.Created);
            (await response.Content.ReadAsStringAsync()).ShouldBe("olleh");
        }
    }

    [Fact]
    public async Task Chunked_response_is_streamed_before_its_end()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ConnectAsync(app);
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/"), HttpCompletionOption.ResponseHeadersRead);
        await program.ReadUntilAsync("\r\n\r\n");
        await program.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");

        using HttpResponseMessage response = await request.DefaultTimeout();
        Stream body = await response.Content.ReadAsStreamAsync();
        byte[] bytes = new byte[6];
        await body.ReadExactlyAsync(bytes.AsMemory(0, 3)).DefaultTimeout();
        await program.SendAsync("3\r\ndef\r\n0\r\n\r\n");
        await body.ReadExactlyAsync(bytes.AsMemory(3)).DefaultTimeout();

        bytes.ShouldBe("abcdef"u8.ToArray());
    }

    [Fact]
    public async Task Name_is_free_when_the_connection_has_ended()
    {
        await using GatewayApp app = await StartAsync();
        RawConnection program = await ConnectAsync(app);
        app.Router.IsClaimed("shop").ShouldBeTrue();

        program.Dispose();

        await Eventually.TrueAsync(() => !app.Router.IsClaimed("shop"));
    }

    [Fact]
    public async Task Response_without_a_request_ends_the_connection()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ConnectAsync(app);

        await program.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");

        (await program.ReadToEndAsync()).ShouldBeEmpty();
        await Eventually.TrueAsync(() => !app.Router.IsClaimed("shop"));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nA: b\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA : b\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")]
    public async Task Response_that_is_ambiguous_ends_the_connection_and_the_client_gets_502(string answer)
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ConnectAsync(app);
        Task<HttpResponseMessage> request = _client.PostAsync(app.Address("/apps/shop/"), new StringContent("x"));
        await program.ReadUntilAsync("\r\n\r\nx");

        await program.SendAsync(answer);

        (await request.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        await program.ReadToEndAsync();
    }

    [Fact]
    public async Task Response_with_an_oversized_head_ends_the_connection_and_the_client_gets_502()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ConnectAsync(app);
        Task<HttpResponseMessage> request = _client.PostAsync(app.Address("/apps/shop/"), new StringContent("x"));
        await program.ReadUntilAsync("\r\n\r\nx");

        await program.SendAsync($"HTTP/1.1 200 OK\r\nX: {new string('x', 40_000)}\r\n\r\n");

        (await request.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        await program.ReadToEndAsync();
    }

    [Fact]
    public async Task Connection_that_ends_before_its_response_costs_the_request_a_502()
    {
        await using GatewayApp app = await StartAsync();
        RawConnection program = await ConnectAsync(app);
        Task<HttpResponseMessage> request = _client.PostAsync(app.Address("/apps/shop/"), new StringContent("x"));
        await program.ReadUntilAsync("\r\n\r\nx");

        program.Dispose();

        (await request.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Name_stays_claimed_for_LeaseTimeout_after_its_last_connection()
    {
        FakeTimeProvider time = new();
        await using GatewayApp app = await GatewayApp.StartAsync(map: app => app.MapReverseHttpClaims("/claim/{name}", options =>
        {
            options.TimeProvider = time;
            options.LeaseTimeout = TimeSpan.FromSeconds(30);
        }));
        RawConnection program = await ConnectAsync(app);

        program.Dispose();
        time.Advance(TimeSpan.FromSeconds(29));
        app.Router.IsClaimed("shop").ShouldBeTrue();

        await Eventually.TrueAsync(() => !app.Router.IsClaimed("shop"), () => time.Advance(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Claim_of_the_name_of_another_user_is_refused()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ConnectAsync(app, fields: "X-User: ada\r\n");
        foreach (string fields in new[] { "X-User: eve\r\n", "" })
        {
            using RawConnection thief = await RawConnection.ConnectAsync(app.Port);
            await thief.SendAsync($"POST /claim/shop HTTP/1.1\r\nHost: a\r\nUpgrade: PTTH/1.0\r\nConnection: Upgrade\r\n{fields}\r\n");

            (await thief.ReadUntilAsync("\r\n")).ShouldStartWith("HTTP/1.1 403 ");
        }
    }

    [Theory]
    [InlineData("PTTH/2.0")]
    [InlineData("HTTP/1.1")]
    [InlineData("websocket")]
    public async Task Upgrade_to_another_protocol_gets_426(string token)
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await RawConnection.ConnectAsync(app.Port);

        await program.SendAsync($"POST /claim/shop HTTP/1.1\r\nHost: a\r\nUpgrade: {token}\r\nConnection: Upgrade\r\n\r\n");

        (await program.ReadUntilAsync("\r\n")).ShouldStartWith("HTTP/1.1 426 ");
        app.Router.IsClaimed("shop").ShouldBeFalse();
    }

    [Fact]
    public async Task Request_without_an_upgrade_gets_426()
    {
        await using GatewayApp app = await StartAsync();

        using HttpResponseMessage response = await _client.PostAsync(app.Address("/claim/shop"), null);

        response.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
        app.Router.IsClaimed("shop").ShouldBeFalse();
    }

    [Fact]
    public async Task Transcript_of_2008_without_Connection_is_answered_byte_for_byte()
    {
        await using GatewayApp app = await GatewayApp.StartAsync(
            map: app => app.MapReverseHttpClaims("/claim/{name}"), listen: listen => listen.UseReverseHttpHeads());
        using RawConnection program = await RawConnection.ConnectAsync(app.Port);
        await program.SendAsync("POST /claim/shop HTTP/1.1\r\nHost: 127.0.0.1:65331\r\nAccept: text/plain\r\nUpgrade: PTTH/0.9\r\n\r\n");
        string head = await program.ReadUntilAsync("\r\n\r\n");
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/"));
        string received = await program.ReadUntilAsync("\r\n\r\n");
        await program.SendAsync("HTTP/1.1 200 OK\r\nContent-type: text/plain\r\nContent-length: 13\r\n\r\n!dlrow ,olleH");

        head.ShouldStartWith("HTTP/1.1 101 Switching Protocols\r\n");
        head.ShouldContain("\r\nUpgrade: PTTH/0.9\r\n");
        received.ShouldStartWith($"GET / HTTP/1.1\r\nHost: 127.0.0.1:{app.Port}\r\n");
        (await (await request.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("!dlrow ,olleH");
    }

    [Fact]
    public async Task Other_requests_pass_an_endpoint_that_mends_heads()
    {
        await using GatewayApp app = await GatewayApp.StartAsync(
            map: app => app.MapReverseHttpClaims("/claim/{name}"), listen: listen => listen.UseReverseHttpHeads());
        using RawConnection raw = await RawConnection.ConnectAsync(app.Port);

        string[] parts = ["PO", "ST /claim/shop HTTP/1.1\r\nHost: a\r\nContent-", "Length: 3\r\nConnection: close\r\n\r\nabc"];
        foreach (string part in parts)
        {
            await raw.SendAsync(part);
        }

        (await raw.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 426 ");
    }

    [Fact]
    public async Task Two_connections_are_a_pool()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection one = await ConnectAsync(app);
        using RawConnection two = await ConnectAsync(app);
        Task<HttpResponseMessage>[] requests = [_client.GetAsync(app.Address("/apps/shop/")), _client.GetAsync(app.Address("/apps/shop/"))];

        foreach (RawConnection program in new[] { one, two })
        {
            await program.ReadUntilAsync("\r\n\r\n");
        }

        foreach (RawConnection program in new[] { one, two })
        {
            await program.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        }

        foreach (Task<HttpResponseMessage> request in requests)
        {
            (await (await request.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("hi");
        }
    }

    private static async Task<RawConnection> ConnectAsync(GatewayApp app, string token = "PTTH/1.0", string fields = "")
    {
        RawConnection program = await RawConnection.ConnectAsync(app.Port);
        await program.SendAsync($"POST /claim/shop HTTP/1.1\r\nHost: a\r\nUpgrade: {token}\r\nConnection: Upgrade\r\n{fields}\r\n");
        string head = await program.ReadUntilAsync("\r\n\r\n");
        head.ShouldStartWith("HTTP/1.1 101 ");
        head.ShouldContain($"\r\nUpgrade: {token}\r\n");
        return program;
    }

    private static Task<GatewayApp> StartAsync() => GatewayApp.StartAsync(map: app => app.MapReverseHttpClaims("/claim/{name}"));
}

using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports.Tests.Servers;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Gateway.Tests.ReverseHttp;

/// <summary>Upgrades of clients that pass a PTTH connection to the program behind the gateway.</summary>
public sealed class UpgradeTests
{
    private const string Accepted = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat/1\r\nX-A: b\r\n\r\n";

    [Fact]
    public async Task Upgraded_connection_carries_bytes_in_both_directions()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ClaimAsync(app);
        using RawConnection client = await UpgradeAsync(app);

        string request = await program.ReadUntilAsync("\r\n\r\n");
        await program.SendAsync(Accepted + "with the head");
        string response = await client.ReadUntilAsync("\r\n\r\n");
        string first = await client.ReadUntilAsync("with the head");
        await client.SendAsync("to the program");
        string received = await program.ReadUntilAsync("to the program");
        await program.SendAsync("to the client");
        string last = await client.ReadUntilAsync("to the client");

        request.ShouldStartWith("GET /live?x HTTP/1.1\r\n");
        request.ShouldContain("\r\nConnection: Upgrade\r\nUpgrade: chat/1\r\n");
        response.ShouldStartWith("HTTP/1.1 101 ");
        response.ShouldContain("\r\nUpgrade: chat/1\r\n");
        response.ShouldContain("\r\nX-A: b\r\n");
        (first, received, last).ShouldBe(("with the head", "to the program", "to the client"));
    }

    [Fact]
    public async Task Program_that_closes_ends_the_connection_of_the_client_and_frees_the_name()
    {
        await using GatewayApp app = await StartAsync();
        RawConnection program = await ClaimAsync(app);
        using RawConnection client = await UpgradeAsync(app);
        await program.ReadUntilAsync("\r\n\r\n");
        await program.SendAsync(Accepted);
        await client.ReadUntilAsync("\r\n\r\n");

        program.Dispose();

        (await client.ReadToEndAsync()).ShouldBeEmpty();
        await Eventually.TrueAsync(() => !app.Router.IsClaimed("shop"));
    }

    [Fact]
    public async Task Client_that_leaves_ends_the_connection_of_the_program()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ClaimAsync(app);
        RawConnection client = await UpgradeAsync(app);
        await program.ReadUntilAsync("\r\n\r\n");
        await program.SendAsync(Accepted);
        await client.ReadUntilAsync("\r\n\r\n");

        client.Reset();

        (await program.ReadToEndAsync()).ShouldBeEmpty();
        await Eventually.TrueAsync(() => app.Gateway.Names.All(name => name.Requests == 0));
    }

    [Fact]
    public async Task Last_bytes_of_a_client_reach_the_program_although_its_close_is_seen_first()
    {
        var late = new LateInput("GET /apps/");
        await using GatewayApp app = await GatewayApp.StartAsync(
            map: app =>
            {
                late.Observe(app, "/apps");
                app.MapReverseHttpClaims("/claim/{name}");
            },
            listen: late.UseAt);
        using RawConnection program = await ClaimAsync(app);
        RawConnection client = await UpgradeAsync(app);
        await program.ReadUntilAsync("\r\n\r\n");
        await program.SendAsync(Accepted);
        await client.ReadUntilAsync("\r\n\r\n");

        await client.SendAsync("last words");
        client.Dispose();

        (await program.ReadToEndAsync()).ShouldBe("last words");
    }

    [Fact]
    public async Task Last_bytes_of_a_program_reach_the_client_although_its_close_is_seen_first()
    {
        var late = new LateInput("POST /claim/");
        await using GatewayApp app = await GatewayApp.StartAsync(
            map: app =>
            {
                late.Observe(app, "/claim");
                app.MapReverseHttpClaims("/claim/{name}");
            },
            listen: late.UseAt);
        RawConnection program = await ClaimAsync(app);
        using RawConnection client = await UpgradeAsync(app);
        await program.ReadUntilAsync("\r\n\r\n");

        await program.SendAsync(Accepted + "last words");
        program.Dispose();

        (await client.ReadToEndAsync()).ShouldEndWith("\r\n\r\nlast words");
    }

    [Fact]
    public async Task Refused_upgrade_gets_the_response_of_the_program_and_the_connection_stays()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ClaimAsync(app);
        for (int number = 0; number < 2; number++)
        {
            using RawConnection client = await UpgradeAsync(app);
            await program.ReadUntilAsync("\r\n\r\n");
            await program.SendAsync("HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno");

            (await client.ReadUntilAsync("\r\n\r\nno")).ShouldStartWith("HTTP/1.1 400 No\r\n");
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat/1\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat/1\r\nUpgrade: chat/2\r\n\r\n")]
    public async Task Response_101_without_one_protocol_is_502(string answer)
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ClaimAsync(app);
        using RawConnection client = await UpgradeAsync(app);
        await program.ReadUntilAsync("\r\n\r\n");

        await program.SendAsync(answer);

        (await client.ReadUntilAsync("\r\n")).ShouldStartWith("HTTP/1.1 502 ");
        await program.ReadToEndAsync();
    }

    [Fact]
    public async Task WebSocket_passes_to_a_program_that_speaks_http_1_1()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ClaimAsync(app);
        using ClientWebSocket socket = new();
        Task connecting = socket.ConnectAsync(new UriBuilder(app.Address("/apps/shop/ws")) { Scheme = "ws" }.Uri, CancellationToken.None);
        string request = await program.ReadUntilAsync("\r\n\r\n");
        string key = request.Split("\r\n").Single(line => line.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal))[19..];
        string accept = WebSocketProtocol.ComputeAccept(key);

        // A text message "hello" of a server (RFC 6455, 5.7).
        await program.SendAsync(
            $"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n\u0081\u0005hello");
        await connecting.DefaultTimeout();
        byte[] buffer = new byte[100];
        WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, CancellationToken.None).DefaultTimeout();

        Encoding.ASCII.GetString(buffer, 0, received.Count).ShouldBe("hello");
    }

    [Fact]
    public async Task Extended_connect_of_http_2_is_501()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection program = await ClaimAsync(app);
        using ClientWebSocket socket = new();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.CollectHttpResponseDetails = true;
        using HttpMessageInvoker invoker = new(new SocketsHttpHandler());

        Uri address = new UriBuilder(app.Address("/apps/shop/ws", http2: true)) { Scheme = "ws" }.Uri;
        await Should.ThrowAsync<WebSocketException>(
            () => socket.ConnectAsync(address, invoker, CancellationToken.None).DefaultTimeout());

        socket.HttpStatusCode.ShouldBe(HttpStatusCode.NotImplemented);
    }

    private static Task<GatewayApp> StartAsync() => GatewayApp.StartAsync(map: app => app.MapReverseHttpClaims("/claim/{name}"));

    private static async Task<RawConnection> ClaimAsync(GatewayApp app)
    {
        RawConnection program = await RawConnection.ConnectAsync(app.Port);
        await program.SendAsync("POST /claim/shop HTTP/1.1\r\nHost: a\r\nUpgrade: PTTH/1.0\r\nConnection: Upgrade\r\n\r\n");
        (await program.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 101 ");
        return program;
    }

    private static async Task<RawConnection> UpgradeAsync(GatewayApp app)
    {
        RawConnection client = await RawConnection.ConnectAsync(app.Port);
        await client.SendAsync("GET /apps/shop/live?x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat/1\r\n\r\n");
        return client;
    }
}

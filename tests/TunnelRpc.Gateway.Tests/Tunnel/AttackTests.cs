using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Tunnel;

/// <summary>Clients and origins that send what is not HTTP, or what two parsers could frame differently.</summary>
public sealed class AttackTests
{
    [Theory]
    [InlineData("POST /apps/shop/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy")]
    [InlineData("GET /apps/shop/ HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n")]
    [InlineData("GET /apps/shop/ HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n")]
    [InlineData("GET /apps/shop/ HTTP/1.1\r\nHost: a\r\nX: 1\0\r\n\r\n")]
    [InlineData("GET /apps/shop/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET /apps/shop/ HTTP/1.1\r\n\r\n")]
    [InlineData("POST /apps/shop/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n")]
    public async Task Request_that_is_not_http_is_refused_and_not_forwarded(string request)
    {
        int requests = 0;
        await using Relay relay = await Relay.StartAsync(context =>
        {
            Interlocked.Increment(ref requests);
            return Task.CompletedTask;
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync(request);
        string response = await client.ReadUntilAsync("\r\n");

        response.ShouldMatch("^HTTP/1.1 (400|411|501) ");
        requests.ShouldBe(0);
    }

    [Fact]
    public async Task Request_with_both_lengths_is_framed_anew_for_the_origin()
    {
        using var origin = new RawOrigin();
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        await using OriginHost host = await StartHostAsync(gateway, origin);
        using RawConnection client = await RawConnection.ConnectAsync(gateway.Port);

        await client.SendAsync(
            "POST /apps/shop/ HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        using RawConnection connection = await origin.AcceptAsync().DefaultTimeout();
        string received = await connection.ReadUntilAsync("abc\r\n0\r\n\r\n");

        received.ShouldNotContain("smuggled");
        System.Text.RegularExpressions.Regex.Count(received, "(?im)^(content-length|transfer-encoding):").ShouldBe(1);
    }

    [Fact]
    public async Task Bare_line_feeds_of_a_client_do_not_reach_the_origin()
    {
        using var origin = new RawOrigin();
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        await using OriginHost host = await StartHostAsync(gateway, origin);
        using RawConnection client = await RawConnection.ConnectAsync(gateway.Port);

        await client.SendAsync("GET /apps/shop/ HTTP/1.1\nHost: a\nX: 1\n\n");
        using RawConnection connection = await origin.AcceptAsync().DefaultTimeout();
        string received = await connection.ReadUntilAsync("\r\n\r\n");

        received.Replace("\r\n", "").ShouldNotContain("\n");
        received.ShouldContain("X: 1\r\n");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")]
    public async Task Response_that_is_not_http_is_502(string answer)
    {
        string response = await RespondAsync(answer, closes: true);

        response.ShouldStartWith("HTTP/1.1 502 ");
    }

    [Fact]
    public async Task Head_of_a_response_above_the_limit_is_502()
    {
        string response = await RespondAsync(
            $"HTTP/1.1 200 OK\r\nX: {new string('x', 70_000)}\r\nContent-Length: 0\r\n\r\n", closes: false);

        response.ShouldStartWith("HTTP/1.1 502 ");
    }

    [Fact]
    public async Task Response_shorter_than_its_length_is_broken_off()
    {
        string response = await RespondAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", closes: true);

        response.ShouldNotContain("HTTP/1.1 200 OK\r\nContent-Length: 5");
        response.EndsWith("0\r\n\r\n", StringComparison.Ordinal).ShouldBeFalse();
    }

    [Fact]
    public async Task Length_and_chunks_of_a_response_do_not_both_reach_the_client()
    {
        string response = await RespondAsync(
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", closes: false);

        System.Text.RegularExpressions.Regex.Count(response, "(?im)^(content-length|transfer-encoding):").ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public async Task Interim_responses_are_not_passed_on()
    {
        string response = await RespondAsync(
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", closes: false);

        response.ShouldStartWith("HTTP/1.1 200 ");
    }

    [Theory]
    [InlineData("h2c")]
    [InlineData("websocket, h2c")]
    public async Task Upgrade_to_http_2_is_not_forwarded(string token)
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.ShowRequestAsync);
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync(
            "GET /apps/shop/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\n"
            + $"Upgrade: {token}\r\nHTTP2-Settings: AAM\r\n\r\n");
        string response = await client.ReadToEndAsync();

        response.ShouldStartWith("HTTP/1.1 200 ");
        response.ShouldNotContain("h2c");
        response.ShouldNotContain("HTTP2-Settings");
    }

    [Fact]
    public async Task Name_is_taken_from_the_normalized_path_only()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        await using OriginApp one = await OriginApp.StartAsync(context => context.Response.WriteAsync("one" + context.Request.Path));
        await using OriginApp two = await OriginApp.StartAsync(context => context.Response.WriteAsync("two" + context.Request.Path));
        await using OriginHost first = await OriginHost.StartAsync(gateway, one, "one");
        await using OriginHost second = await OriginHost.StartAsync(gateway, two, "two");

        (await GetAsync(gateway, "/apps/one/../two/x")).ShouldContain("two/x");
        (await GetAsync(gateway, "/apps/one/%2e%2e/two/x")).ShouldContain("two/x");
        (await GetAsync(gateway, "/apps/one/..%2ftwo/x")).ShouldContain("one/");
    }

    [Fact]
    public async Task Host_that_a_client_states_in_other_fields_selects_no_name()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.ShowRequestAsync);
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync(
            "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: shop.apps.example\r\nForwarded: host=shop.apps.example\r\n"
            + "Connection: close\r\n\r\n");

        (await client.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 404 ");
    }

    [Fact]
    public async Task Cookie_that_one_origin_sets_for_one_client_is_kept_by_no_hop()
    {
        // The client that forwards must not have a cookie store: all clients and names of a process would share it.
        await using Relay relay = await Relay.StartAsync(context =>
        {
            context.Response.Cookies.Append("session", "secret", new CookieOptions { Path = "/" });
            return context.Response.WriteAsync($"cookies: {context.Request.Headers.Cookie}");
        });

        for (int request = 0; request < 2; request++)
        {
            using HttpResponseMessage response = await relay.Client.GetAsync(relay.Address()).DefaultTimeout();

            response.Headers.GetValues("Set-Cookie").Single().ShouldStartWith("session=secret");
            (await response.Content.ReadAsStringAsync()).ShouldBe("cookies: ");
        }
    }

    [Fact]
    public async Task Response_without_end_ends_with_its_client()
    {
        var aborted = new TaskCompletionSource();
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            byte[] endless = Encoding.ASCII.GetBytes(new string('x', 10_000));
            try
            {
                while (true)
                {
                    await context.Response.Body.WriteAsync(endless, context.RequestAborted);
                }
            }
            catch (OperationCanceledException)
            {
                aborted.TrySetResult();
            }
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("GET /apps/shop/ HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadUntilAsync("xxxx");
        client.Reset();

        await aborted.Task.DefaultTimeout();
    }

    private static async Task<string> GetAsync(GatewayApp gateway, string target)
    {
        using RawConnection client = await RawConnection.ConnectAsync(gateway.Port);
        await client.SendAsync($"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        return await client.ReadToEndAsync();
    }

    /// <summary>Returns what a client gets when the origin answers with the given bytes.</summary>
    private static async Task<string> RespondAsync(string answer, bool closes)
    {
        using var origin = new RawOrigin();
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        await using OriginHost host = await StartHostAsync(gateway, origin);
        using RawConnection client = await RawConnection.ConnectAsync(gateway.Port);
        await client.SendAsync("GET /apps/shop/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        using RawConnection connection = await origin.AcceptAsync().DefaultTimeout();
        await connection.ReadUntilAsync("\r\n\r\n");
        await connection.SendAsync(answer);
        if (closes)
        {
            connection.Dispose();
        }

        return await client.ReadToEndAsync();
    }

    private static async Task<OriginHost> StartHostAsync(GatewayApp gateway, RawOrigin origin)
    {
        OriginHost host = await OriginHost.StartAsync(gateway.Address("/tunnel"), client => client.AddHttpOrigin("shop", origin.Address));
        await host.Claim("shop").WaitUntilClaimedAsync().DefaultTimeout();
        return host;
    }
}

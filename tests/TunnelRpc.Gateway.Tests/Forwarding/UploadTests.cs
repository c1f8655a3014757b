using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Forwarding;

/// <summary>Bodies of requests to servers of HTTP/1.1, which are sent while the responses are read.</summary>
public sealed class UploadTests
{
    [Theory]
    [InlineData("Content-Length: 1000000\r\n\r\nx")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")]
    public async Task Response_before_the_end_of_the_request_reaches_the_client(string start)
    {
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[1]);
            context.Response.StatusCode = 413;
            await context.Response.WriteAsync("too large");
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        // The rest of the body never comes.
        await client.SendAsync($"POST /apps/shop/ HTTP/1.1\r\nHost: relay\r\n{start}");

        (await client.ReadUntilAsync("too large")).ShouldStartWith("HTTP/1.1 413 ");
    }

    [Fact]
    public async Task Refusal_of_a_server_that_then_closes_its_connection_reaches_the_client()
    {
        await using RawRelayedOrigin relay = await RawRelayedOrigin.StartAsync();
        using var http = new HttpClient();
        using HttpRequestMessage request = new(HttpMethod.Post, relay.Gateway.Address("/apps/shop/", http2: true))
        {
            Content = new DuplexContent(new PatternStream(64L << 20)),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        Task<HttpResponseMessage> responding = http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        RawConnection connection = await relay.Origin.AcceptAsync().DefaultTimeout();
        await connection.ReadUntilAsync("\r\n\r\n");
        await connection.SendAsync("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");

        // Unread bytes make this a reset.
        connection.Dispose();

        using HttpResponseMessage response = await responding.DefaultTimeout();
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await response.Content.ReadAsStringAsync().DefaultTimeout()).ShouldBe("no");
    }

    [Fact]
    public async Task Bodies_pass_in_both_directions_at_once()
    {
        const long Length = 32L << 20;
        await using Relay relay = await Relay.StartAsync(OriginApp.EchoAsync);
        using HttpRequestMessage request = relay.Http2(HttpMethod.Post);
        request.Content = new DuplexContent(new PatternStream(Length));

        using HttpResponseMessage response = await relay.Client
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead).DefaultTimeout();
        await using Stream echo = await response.Content.ReadAsStreamAsync();

        using var expected = new PatternStream(Length);
        byte[] first = new byte[64 << 10];
        byte[] second = new byte[64 << 10];
        long total = 0;
        int count;
        while ((count = await echo.ReadAsync(first).DefaultTimeout()) > 0)
        {
            await expected.ReadExactlyAsync(second.AsMemory(0, count));
            first.AsSpan(0, count).SequenceEqual(second.AsSpan(0, count)).ShouldBeTrue($"near the offset {total}");
            total += count;
        }

        total.ShouldBe(Length);
    }

    [Fact]
    public async Task Message_of_a_stream_is_answered_before_the_next_is_sent()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.EchoAsync);
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("POST /apps/shop/ HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (string message in (string[])["first", "second", "third"])
        {
            await client.SendAsync($"{message.Length:x}\r\n{message}\r\n");
            await client.ReadUntilAsync(message);
        }

        await client.SendAsync("0\r\n\r\n");
        (await client.ReadToEndAsync()).ShouldEndWith("0\r\n\r\n");
    }

    [Fact]
    public async Task Body_of_a_known_length_keeps_it_and_its_fields()
    {
        await using RawRelayedOrigin relay = await RawRelayedOrigin.StartAsync();
        using var http = new HttpClient();
        using var content = new StringContent("hällo", Encoding.UTF8, "text/plain");
        content.Headers.ContentLanguage.Add("de");

        Task<HttpResponseMessage> responding = http.PostAsync(relay.Gateway.Address("/apps/shop/a?b"), content);
        using RawConnection connection = await relay.Origin.AcceptAsync().DefaultTimeout();
        string head = await connection.ReadUntilAsync("\r\n\r\n");
        string body = await connection.ReadUntilAsync("llo");
        await connection.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");
        using HttpResponseMessage response = await responding.DefaultTimeout();

        head.ShouldStartWith("POST /a?b HTTP/1.1\r\n");
        Lines(head, "Content-").Order(StringComparer.Ordinal)
            .ShouldBe(["Content-Language: de", "Content-Length: 6", "Content-Type: text/plain; charset=utf-8"]);
        Lines(head, "Transfer-Encoding").ShouldBeEmpty();
        Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(body)).ShouldBe("hällo");
    }

    [Fact]
    public async Task Body_of_an_unknown_length_is_sent_in_chunks()
    {
        await using RawRelayedOrigin relay = await RawRelayedOrigin.StartAsync();
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("PUT /apps/shop/ HTTP/1.1\r\nHost: relay\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        using RawConnection connection = await relay.Origin.AcceptAsync().DefaultTimeout();
        string head = await connection.ReadUntilAsync("\r\n\r\n");
        string first = await connection.ReadUntilAsync("hello\r\n");
        await client.SendAsync("0\r\n\r\n");
        string end = await connection.ReadUntilAsync("\r\n\r\n");

        Lines(head, "Transfer-Encoding").ShouldBe(["Transfer-Encoding: chunked"]);
        Lines(head, "Content-Length").ShouldBeEmpty();
        first.ShouldBe("5\r\nhello\r\n");
        end.ShouldBe("0\r\n\r\n");
    }

    [Fact]
    public async Task Announced_trailers_reach_the_server_and_others_do_not()
    {
        await using RawRelayedOrigin relay = await RawRelayedOrigin.StartAsync();
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync(
            "POST /apps/shop/ HTTP/1.1\r\nHost: relay\r\nTrailer: X-Check, Authorization\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "2\r\nhi\r\n0\r\nX-Check: 1\r\nX-Other: 2\r\nAuthorization: secret\r\n\r\n");
        using RawConnection connection = await relay.Origin.AcceptAsync().DefaultTimeout();
        await connection.ReadUntilAsync("\r\n\r\n");
        await connection.ReadUntilAsync("hi\r\n");

        (await connection.ReadUntilAsync("\r\n\r\n")).ShouldBe("0\r\nX-Check: 1\r\n\r\n");
    }

    [Fact]
    public async Task Trailers_reach_an_application_of_asp_net_core()
    {
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync(
                "trailer " + context.Features.GetRequiredFeature<IHttpRequestTrailersFeature>().Trailers["X-Check"]);
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync(
            "POST /apps/shop/ HTTP/1.1\r\nHost: relay\r\nTrailer: X-Check\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "2\r\nhi\r\n0\r\nX-Check: 1\r\n\r\n");

        await client.ReadUntilAsync("trailer 1");
    }

    [Fact]
    public async Task Connection_carries_the_next_request_after_a_whole_body()
    {
        await using RawRelayedOrigin relay = await RawRelayedOrigin.StartAsync();
        using var http = new HttpClient();
        RawConnection? connection = null;
        for (int i = 0; i < 3; i++)
        {
            Task<HttpResponseMessage> responding = http.PostAsync(relay.Gateway.Address("/apps/shop/"), new StringContent($"body {i}"));
            connection ??= await relay.Origin.AcceptAsync().DefaultTimeout();
            await connection.ReadUntilAsync($"body {i}");
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            using HttpResponseMessage response = await responding.DefaultTimeout();
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        connection!.Dispose();
    }

    [Fact]
    public async Task Connection_with_an_unfinished_body_carries_no_other_request()
    {
        await using RawRelayedOrigin relay = await RawRelayedOrigin.StartAsync();
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);
        await client.SendAsync("POST /apps/shop/ HTTP/1.1\r\nHost: relay\r\nContent-Length: 1000\r\n\r\nx");
        using RawConnection first = await relay.Origin.AcceptAsync().DefaultTimeout();
        await first.ReadUntilAsync("\r\n\r\nx");
        await first.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
        await client.ReadUntilAsync("early");
        using var http = new HttpClient();

        Task<string> responding = http.GetStringAsync(relay.Gateway.Address("/apps/shop/next"));
        using RawConnection second = await relay.Origin.AcceptAsync().DefaultTimeout();
        (await second.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("GET /next ");
        await second.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext");

        (await responding.DefaultTimeout()).ShouldBe("next");
        (await first.ReadToEndAsync()).ShouldBe("", "The server must not take another request for a part of the body.");
    }

    [Fact]
    public async Task Field_about_content_of_a_request_without_a_body_reaches_the_server()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.ShowRequestAsync);
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("GET /apps/shop/ HTTP/1.1\r\nHost: relay\r\nContent-Type: text/x\r\nConnection: close\r\n\r\n");

        (await client.ReadToEndAsync()).ShouldContain("Content-Type: text/x\n");
    }

    [Fact]
    public async Task Set_field_about_content_replaces_that_of_the_client()
    {
        await using Relay relay = await Relay.StartAsync(
            OriginApp.ShowRequestAsync, origin: options => options.RequestHeaders["Content-Type"] = "text/set");
        using var content = new ByteArrayContent([1]);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/sent");

        using HttpResponseMessage response = await relay.Client.PostAsync(relay.Address(), content).DefaultTimeout();

        string seen = await response.Content.ReadAsStringAsync();
        seen.ShouldContain("Content-Type: text/set\n");
        seen.ShouldNotContain("text/sent");
    }

    private static IEnumerable<string> Lines(string head, string prefix) =>
        head.Split("\r\n").Where(line => line.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>A gateway, and a server with the name "shop" that speaks raw bytes.</summary>
    private sealed class RawRelayedOrigin : IAsyncDisposable
    {
        private readonly OriginHost _host;

        private RawRelayedOrigin(GatewayApp gateway, RawOrigin origin, OriginHost host)
        {
            Gateway = gateway;
            Origin = origin;
            _host = host;
        }

        public GatewayApp Gateway { get; }

        public RawOrigin Origin { get; }

        public static async Task<RawRelayedOrigin> StartAsync()
        {
            GatewayApp gateway = await GatewayApp.StartAsync();
            var origin = new RawOrigin();
            OriginHost host = await OriginHost.StartAsync(
                gateway.Address("/tunnel"), client => client.AddHttpOrigin("shop", origin.Address));
            await host.Claim("shop").WaitUntilClaimedAsync().DefaultTimeout();
            return new RawRelayedOrigin(gateway, origin, host);
        }

        public async ValueTask DisposeAsync()
        {
            await _host.DisposeAsync();
            Origin.Dispose();
            await Gateway.DisposeAsync();
        }
    }
}

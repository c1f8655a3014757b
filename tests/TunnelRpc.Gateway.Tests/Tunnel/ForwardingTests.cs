using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Tunnel;

/// <summary>Requests and responses that pass a gateway and a tunnel to a local server.</summary>
public sealed class ForwardingTests
{
    [Fact]
    public async Task Path_up_to_the_name_is_removed_and_the_rest_is_unchanged()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.ShowRequestAsync);
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("GET /apps/shop/a%2Fb/%41/c;d?x=%20&y=a%2bb HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n");

        string response = await client.ReadToEndAsync();
        response.ShouldStartWith("HTTP/1.1 200 OK\r\n");
        response.ShouldContain("GET /a%2Fb/%41/c;d?x=%20&y=a%2bb\n");
        response.ShouldContain("X-Forwarded-Prefix: /apps/shop\n");
    }

    [Theory]
    [InlineData("/apps/shop", "GET /\n")]
    [InlineData("/apps/shop?q", "GET /?q\n")]
    [InlineData("/apps/./shop/x/../y", "GET /y\n")]
    [InlineData("/%61pps/shop/x", "GET /x\n")]
    [InlineData("/whole/shop/x?q", "GET /whole/shop/x?q\n")]
    [InlineData("http://relay/apps/shop/x?q", "GET /x?q\n")]
    public async Task Target_is_that_of_the_route(string target, string expected)
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.ShowRequestAsync);
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync($"GET {target} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n");

        (await client.ReadToEndAsync()).ShouldContain(expected);
    }

    [Fact]
    public async Task Name_in_a_host_is_routed_with_the_whole_path()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.ShowRequestAsync);
        using var request = new HttpRequestMessage(HttpMethod.Get, relay.Gateway.Address("/apps/shop/x"));
        request.Headers.Host = "Shop.apps.example";

        using HttpResponseMessage response = await relay.Client.SendAsync(request);

        // The path "/apps/{name}" matches as well, and is the more specific route of the two.
        (await response.Content.ReadAsStringAsync()).ShouldContain("Host: Shop.apps.example");
        using var other = new HttpRequestMessage(HttpMethod.Get, relay.Gateway.Address("/a/b?c"));
        other.Headers.Host = "Shop.apps.example";
        using HttpResponseMessage second = await relay.Client.SendAsync(other);
        (await second.Content.ReadAsStringAsync()).ShouldContain("GET /a/b?c\n");
    }

    [Fact]
    public async Task Fields_about_the_forwarding_replace_those_of_the_client()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.ShowRequestAsync);
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync(
            "GET /apps/shop/ HTTP/1.1\r\nHost: relay.example:81\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n"
            + "X-Forwarded-Host: evil\r\nX-Forwarded-Proto: https\r\nVia: 1.0 before\r\nConnection: close\r\n\r\n");

        string response = await client.ReadToEndAsync();
        response.ShouldContain("Host: relay.example:81\n");
        response.ShouldContain("X-Forwarded-For: 127.0.0.1\n");
        response.ShouldContain("X-Forwarded-Host: relay.example:81\n");
        response.ShouldContain("X-Forwarded-Proto: http\n");
        response.ShouldContain("Forwarded: for=127.0.0.1;host=\"relay.example:81\";proto=http\n");
        response.ShouldContain("1.0 before");
        response.ShouldContain("1.1 tunnelrpc");
        response.ShouldNotContain("6.6.6.6");
        response.ShouldNotContain("evil");
    }

    [Fact]
    public async Task Hop_by_hop_fields_are_removed_in_both_directions()
    {
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            context.Response.Headers["Keep-Alive"] = "timeout=5";
            context.Response.Headers["X-Hop"] = "response";
            context.Response.Headers["Proxy-Authenticate"] = "Basic";
            context.Response.Headers.Connection = "X-Hop";
            context.Response.Headers["X-Kept"] = "yes";
            await OriginApp.ShowRequestAsync(context);
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync(
            "GET /apps/shop/ HTTP/1.1\r\nHost: relay\r\nConnection: X-Named\r\nX-Named: 1\r\nKeep-Alive: 9\r\nTE: trailers, gzip\r\n"
            + "Proxy-Authorization: Basic c2VjcmV0\r\nProxy-Connection: keep-alive\r\nX-Kept: 1\r\n\r\n");

        // Kestrel replaces a Connection field that has "close" or "keep-alive" as its only known option: what it names besides is lost.
        string response = await client.ReadUntilAsync("0\r\n\r\n");
        string[] halves = response.Split("\r\n\r\n", 2);
        halves[0].ShouldContain("X-Kept: yes");
        halves[0].ShouldNotContain("X-Hop", Case.Insensitive);
        halves[0].ShouldNotContain("Keep-Alive", Case.Insensitive);
        halves[0].ShouldNotContain("Proxy-Authenticate", Case.Insensitive);
        halves[1].ShouldContain("X-Kept: 1");
        halves[1].ShouldContain("TE: trailers\n");
        halves[1].ShouldNotContain("X-Named");
        halves[1].ShouldNotContain("Keep-Alive");
        halves[1].ShouldNotContain("Proxy-");
        halves[1].ShouldNotContain("gzip");
    }

    [Fact]
    public async Task Host_and_fields_are_set_by_the_options_of_the_origin()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.ShowRequestAsync, origin: options =>
        {
            options.UseAddressAsHost = true;
            options.RequestHeaders["X-Set"] = "by the origin";
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, relay.Address());
        request.Headers.Add("X-Set", "by the client");

        string text = await (await relay.Client.SendAsync(request)).Content.ReadAsStringAsync();

        text.ShouldContain($"Host: {relay.Origin.Address.Authority}\n");
        text.ShouldContain($"X-Forwarded-Host: {relay.Gateway.Address().Authority}\n");
        text.ShouldContain("X-Set: by the origin\n");
        text.ShouldNotContain("by the client");
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 5)]
    [InlineData(false, 200_000)]
    [InlineData(true, 0)]
    [InlineData(true, 5)]
    [InlineData(true, 200_000)]
    public async Task Body_is_echoed(bool isChunked, int length)
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.EchoAsync);
        byte[] body = new byte[length];
        new Random(7).NextBytes(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, relay.Address()) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = isChunked;

        using HttpResponseMessage response = await relay.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(body);
        response.Headers.TryGetValues("X-Length", out IEnumerable<string>? values);
        values?.Single().ShouldBe(isChunked ? null : $"{length}");
        (values is null).ShouldBe(isChunked);
    }

    [Fact]
    public async Task Responses_without_a_body_have_none()
    {
        await using Relay relay = await Relay.StartAsync(context =>
        {
            context.Response.StatusCode = int.Parse(context.Request.Path.Value![1..], System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers.ETag = "\"1\"";
            if (context.Response.StatusCode == 200)
            {
                context.Response.ContentLength = 1234;
            }

            return Task.CompletedTask;
        });

        using HttpResponseMessage head = await relay.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, relay.Address("/200")));
        using HttpResponseMessage noContent = await relay.Client.GetAsync(relay.Address("/204"));
        using HttpResponseMessage notModified = await relay.Client.GetAsync(relay.Address("/304"));

        head.Content.Headers.ContentLength.ShouldBe(1234);
        head.Headers.ETag!.Tag.ShouldBe("\"1\"");
        noContent.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        notModified.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await notModified.Content.ReadAsStringAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Repeated_fields_status_and_reason_reach_the_client()
    {
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            context.Response.StatusCode = 299;
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = "Rather fine";
            context.Response.Headers.SetCookie = new(["a=1", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"]);
            await context.Response.WriteAsync("x");
        });

        using HttpResponseMessage response = await relay.Client.GetAsync(relay.Address());

        ((int)response.StatusCode).ShouldBe(299);
        response.ReasonPhrase.ShouldBe("Rather fine");
        response.Headers.GetValues("Set-Cookie").ShouldBe(["a=1", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"]);
    }

    [Fact]
    public async Task Continue_is_sent_before_the_body_and_none_for_a_refused_request()
    {
        await using Relay relay = await Relay.StartAsync(OriginApp.EchoAsync);
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);
        const string Head = " HTTP/1.1\r\nHost: relay\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";

        await client.SendAsync("POST /apps/shop/" + Head);
        (await client.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 100 Continue");
        await client.SendAsync("body");
        (await client.ReadUntilAsync("0\r\n\r\n")).ShouldContain("4\r\nbody\r\n");
        await client.SendAsync("POST /apps/unknown/" + Head);

        (await client.ReadUntilAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 404 ");
    }

    [Fact]
    public async Task Client_of_http_1_0_gets_a_response_that_ends_with_the_connection()
    {
        await using Relay relay = await Relay.StartAsync(async context =>
        {
            await context.Response.WriteAsync("one ");
            await context.Response.Body.FlushAsync();
            await context.Response.WriteAsync("two");
        });
        using RawConnection client = await RawConnection.ConnectAsync(relay.Gateway.Port);

        await client.SendAsync("GET /apps/shop/ HTTP/1.0\r\n\r\n");

        string response = await client.ReadToEndAsync();
        response.ShouldNotContain("Transfer-Encoding");
        response.ShouldEndWith("\r\n\r\none two");
    }

    [Fact]
    public async Task Client_of_http_2_gets_body_and_trailers_of_an_origin_of_http_2()
    {
        await using Relay relay = await Relay.StartAsync(
            async context =>
            {
                context.Request.Protocol.ShouldBe("HTTP/2");
                string te = context.Request.Headers.TE.ToString();
                context.Response.DeclareTrailer("grpc-status");
                await context.Request.Body.CopyToAsync(context.Response.Body);
                context.Response.AppendTrailer("grpc-status", te == "trailers" ? "0" : "13");
            },
            origin: options => options.HttpVersion = HttpVersion.Version20,
            protocols: HttpProtocols.Http2);
        using HttpRequestMessage request = relay.Http2(HttpMethod.Post);
        request.Headers.TE.Add(new("trailers"));
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes("hello"));

        using HttpResponseMessage response = await relay.Client.SendAsync(request);

        (await response.Content.ReadAsStringAsync()).ShouldBe("hello");
        response.TrailingHeaders.GetValues("grpc-status").Single().ShouldBe("0");
    }

    [Fact]
    public async Task Answers_of_two_names_on_one_client_are_not_mixed()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        await using OriginApp first = await OriginApp.StartAsync(context => context.Response.WriteAsync("first" + context.Request.Path));
        await using OriginApp second = await OriginApp.StartAsync(context => context.Response.WriteAsync("second" + context.Request.Path));
        await using OriginHost host = await OriginHost.StartAsync(
            gateway.Address("/tunnel"),
            client => client.AddHttpOrigin("one", first.Address).AddHttpOrigin("two", second.Address));
        await host.Claim("one").WaitUntilClaimedAsync().DefaultTimeout();
        await host.Claim("two").WaitUntilClaimedAsync().DefaultTimeout();
        using var client = new HttpClient();

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            i => client.GetStringAsync(gateway.Address($"/apps/{(i % 2 == 0 ? "one" : "two")}/{i}")))).DefaultTimeout();

        answers.ShouldBe(Enumerable.Range(0, 200).Select(i => $"{(i % 2 == 0 ? "first" : "second")}/{i}"));
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Relaying;

/// <summary>RelayHttp with a real relay and real targets: what is forwarded, and how it comes back.</summary>
public sealed class RelayHttpTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Request_is_relayed_to_a_listed_target_and_its_response_is_returned()
    {
        await using OriginApp target = await OriginApp.StartAsync(OriginApp.ShowRequestAsync);
        await using GatewayApp app = await StartAsync(target.Address.Authority);

        using HttpResponseMessage relayed = await RelayAsync(
            app,
            target.Address.Authority,
            "GET /a?b=c HTTP/1.1\r\nHost: other.example\r\nX-A: b\r\nConnection: X-Hop\r\nX-Hop: c\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");

        relayed.StatusCode.ShouldBe(HttpStatusCode.OK);
        relayed.Content.Headers.ContentType!.MediaType.ShouldBe("message/http");
        string response = await relayed.Content.ReadAsStringAsync();
        response.ShouldStartWith("HTTP/1.1 200 OK\r\n");
        response.ShouldContain("\r\nContent-Length: ");
        response.ShouldNotContain("Transfer-Encoding");
        response.ShouldNotContain("\r\nConnection:");
        string received = response[(response.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        received.ShouldStartWith("GET /a?b=c\n");
        received.ShouldContain($"\nHost: {target.Address.Authority}\n");
        received.ShouldContain("\nX-A: b\n");
        received.ShouldContain("\nVia: 1.1 tunnelrpc\n");
        received.ShouldContain("\nX-Forwarded-For: 127.0.0.1\n");
        received.ShouldNotContain("X-Hop");
        received.ShouldNotContain("192.0.2.1");
        received.ShouldNotContain("other.example");
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nX-Trailer: t\r\n\r\n")]
    public async Task Body_of_a_post_reaches_the_target(string framed)
    {
        await using OriginApp target = await OriginApp.StartAsync(OriginApp.EchoAsync);
        await using GatewayApp app = await StartAsync(target.Address.Authority);

        using HttpResponseMessage relayed = await RelayAsync(app, target.Address.Authority, $"POST / HTTP/1.1\r\nHost: a\r\n{framed}");

        string response = await relayed.Content.ReadAsStringAsync();
        response.ShouldContain("\r\nX-Length: 5\r\n");
        response.ShouldEndWith("\r\n\r\nhello");
    }

    [Fact]
    public async Task Bytes_that_are_not_ascii_pass_unchanged_in_both_directions()
    {
        using RawOrigin target = new();
        await using GatewayApp app = await StartAsync(target.Address.Authority);
        Task<HttpResponseMessage> relaying = RelayAsync(
            app, target.Address.Authority, "PUT / HTTP/1.1\r\nHost: a\r\nX-A: \u00e9\u00ff\r\nContent-Length: 2\r\n\r\n\u00ff\u0000");
        using RawConnection connection = await target.AcceptAsync().DefaultTimeout();

        string received = await connection.ReadUntilAsync("\u00ff\u0000");
        await connection.SendAsync("HTTP/1.1 200 \u00e9\r\nX-B: \u00fe\r\nContent-Length: 1\r\n\r\n\u00fd");

        received.ShouldContain("\r\nX-A: \u00e9\u00ff\r\n");
        string response = Encoding.Latin1.GetString(await (await relaying.DefaultTimeout()).Content.ReadAsByteArrayAsync());
        response.ShouldStartWith("HTTP/1.1 200 \u00e9\r\nX-B: \u00fe\r\n");
        response.ShouldEndWith("\r\n\r\n\u00fd");
    }

    [Fact]
    public async Task Response_to_head_has_its_length_and_no_body()
    {
        await using OriginApp target = await OriginApp.StartAsync(context =>
        {
            context.Response.ContentLength = 5;
            return Task.CompletedTask;
        });
        await using GatewayApp app = await StartAsync(target.Address.Authority);

        using HttpResponseMessage relayed = await RelayAsync(app, target.Address.Authority, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");

        string response = await relayed.Content.ReadAsStringAsync();
        response.ShouldContain("\r\nContent-Length: 5\r\n");
        response.ShouldEndWith("\r\n\r\n");
    }

    [Fact]
    public async Task Target_with_an_ipv6_address_is_reached()
    {
        using TcpListener listener = new(IPAddress.IPv6Loopback, 0);
        listener.Start();
        string target = $"[::1]:{((IPEndPoint)listener.LocalEndpoint).Port}";
        await using GatewayApp app = await StartAsync(target);
        Task<HttpResponseMessage> relaying = RelayAsync(app, target, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        using RawConnection connection = new(await listener.AcceptTcpClientAsync().DefaultTimeout());

        string received = await connection.ReadUntilAsync("\r\n\r\n");
        await connection.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");

        received.ShouldContain($"\r\nHost: {target}\r\n");
        (await (await relaying.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("HTTP/1.1 204 No Content\r\n\r\n");
    }

    [Fact]
    public async Task Redirection_is_returned_and_not_followed()
    {
        int requests = 0;
        await using OriginApp target = await OriginApp.StartAsync(context =>
        {
            Interlocked.Increment(ref requests);
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        await using GatewayApp app = await StartAsync(target.Address.Authority);

        using HttpResponseMessage relayed = await RelayAsync(app, target.Address.Authority, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        relayed.StatusCode.ShouldBe(HttpStatusCode.OK);
        string response = await relayed.Content.ReadAsStringAsync();
        response.ShouldStartWith("HTTP/1.1 302 ");
        response.ShouldContain("\r\nLocation: /elsewhere\r\n");
        Volatile.Read(ref requests).ShouldBe(1);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nA: b\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1x\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")]
    [InlineData("SSH-2.0-server\r\n")]
    [InlineData("")]
    public async Task Answer_of_a_target_that_is_not_one_response_is_502(string answer)
    {
        using RawOrigin target = new();
        await using GatewayApp app = await StartAsync(target.Address.Authority);
        Task<HttpResponseMessage> relaying = RelayAsync(app, target.Address.Authority, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        using (RawConnection connection = await target.AcceptAsync().DefaultTimeout())
        {
            await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SendAsync(answer);
        }

        (await relaying.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Second_response_of_a_target_reaches_no_client()
    {
        using RawOrigin target = new();
        await using GatewayApp app = await StartAsync(target.Address.Authority);
        foreach (string text in new[] { "one", "two" })
        {
            Task<HttpResponseMessage> relaying = RelayAsync(app, target.Address.Authority, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            using RawConnection connection = await target.AcceptAsync().DefaultTimeout();
            (await connection.ReadUntilAsync("\r\n\r\n")).ShouldContain("\r\nConnection: close\r\n");
            await connection.SendAsync(
                $"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{text}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");

            string response = await (await relaying.DefaultTimeout()).Content.ReadAsStringAsync();
            response.ShouldBe($"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{text}");
        }
    }

    [Fact]
    public async Task Response_without_end_is_502_at_the_limit_of_its_size()
    {
        TaskCompletionSource aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using OriginApp target = await OriginApp.StartAsync(async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[1000], context.RequestAborted);
            }
        });
        await using GatewayApp app = await StartAsync(options => options.MaxPolledBodySize = 100_000, target.Address.Authority);

        using HttpResponseMessage response = await RelayAsync(app, target.Address.Authority, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.Content.ReadAsStringAsync()).ShouldContain("MaxPolledBodySize");
        await aborted.Task.DefaultTimeout();
    }

    [Fact]
    public async Task Target_that_does_not_answer_is_504_and_its_connection_ends()
    {
        using RawOrigin target = new();
        await using GatewayApp app = await StartAsync(target.Address.Authority);
        Task<HttpResponseMessage> relaying = RelayAsync(app, target.Address.Authority, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        using RawConnection connection = await target.AcceptAsync().DefaultTimeout();
        await connection.ReadUntilAsync("\r\n\r\n");

        await Eventually.TrueAsync(() => relaying.IsCompleted, () => _time.Advance(TimeSpan.FromSeconds(1)));

        using HttpResponseMessage response = await relaying;
        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await response.Content.ReadAsStringAsync()).ShouldContain("ResponseTimeout");
        (await connection.ReadToEndAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Client_that_leaves_ends_the_connection_to_the_target()
    {
        using RawOrigin target = new();
        await using GatewayApp app = await StartAsync(target.Address.Authority);
        using CancellationTokenSource left = new();
        using HttpRequestMessage message = new(HttpMethod.Post, app.Address($"/reversehttp/_relay/{target.Address.Authority}"))
        {
            Content = new StringContent("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        };
        Task<HttpResponseMessage> relaying = _client.SendAsync(message, left.Token);
        using RawConnection connection = await target.AcceptAsync().DefaultTimeout();
        await connection.ReadUntilAsync("\r\n\r\n");

        await left.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(relaying);
        (await connection.ReadToEndAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Request_above_the_limit_is_413_and_a_target_that_is_not_reached_502()
    {
        await using GatewayApp app = await StartAsync(options => options.MaxPolledBodySize = 100, "127.0.0.1:1");

        using HttpResponseMessage large = await RelayAsync(app, "127.0.0.1:1", new string('x', 101));
        using HttpResponseMessage closed = await RelayAsync(app, "127.0.0.1:1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        large.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        closed.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Requests_above_MaxRelayedRequests_are_503_until_one_has_ended()
    {
        using RawOrigin target = new();
        await using GatewayApp app = await StartAsync(options => options.MaxRelayedRequests = 1, target.Address.Authority);
        const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        Task<HttpResponseMessage> first = RelayAsync(app, target.Address.Authority, Request);
        using RawConnection connection = await target.AcceptAsync().DefaultTimeout();

        using HttpResponseMessage refused = await RelayAsync(app, target.Address.Authority, Request);
        await connection.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");
        (await first.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.OK);

        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        Task<HttpResponseMessage> next = RetryAsync();
        using RawConnection second = await target.AcceptAsync().DefaultTimeout();
        await second.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");
        (await next.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.OK);

        // The permit is released after the client has got its response.
        async Task<HttpResponseMessage> RetryAsync()
        {
            while (true)
            {
                HttpResponseMessage response = await RelayAsync(app, target.Address.Authority, Request);
                if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
                {
                    return response;
                }

                response.Dispose();
            }
        }
    }

    private Task<GatewayApp> StartAsync(params string[] targets) => StartAsync(_ => { }, targets);

    private Task<GatewayApp> StartAsync(Action<ReverseHttpRelayOptions> configure, params string[] targets)
        => GatewayApp.StartAsync(map: app => app.MapReverseHttpRelay("/reversehttp", options =>
        {
            options.TimeProvider = _time;
            Array.ForEach(targets, options.RelayTargets.Add);
            configure(options);
        }));

    private async Task<HttpResponseMessage> RelayAsync(GatewayApp app, string target, string message)
    {
        using ByteArrayContent content = new(Encoding.Latin1.GetBytes(message));
        content.Headers.Add("Content-Type", "message/http");
        return await _client.PostAsync(app.Address($"/reversehttp/_relay/{target}"), content).DefaultTimeout();
    }
}

using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using TunnelRpc.Gateway.RawHttp;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.RawHttp;

/// <summary>MapRawHttpQueue with a real server, and with programs that know only POST.</summary>
public sealed class RawHttpQueueTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 100 });

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Name_is_claimed_and_the_answer_of_a_request_carries_the_next_one()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PostAsync(app, "shop");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));
        Task<HttpResponseMessage> one = _client.PostAsync(app.Address("/apps/shop/1"), new StringContent("hello"));

        using HttpResponseMessage first = await poll.DefaultTimeout();
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        first.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-http-request");
        (await first.Content.ReadAsStringAsync()).ShouldStartWith("POST /1 HTTP/1.1\r\nHost: ");
        string session = first.Headers.GetValues("X-Session").Single();
        Task<HttpResponseMessage> next = PostAsync(app, "shop", session, "HTTP/1.1 201 Created\r\n\r\nolleh");
        using HttpResponseMessage response = await one.DefaultTimeout();
        Task<HttpResponseMessage> two = _client.GetAsync(app.Address("/apps/shop/2"));

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await response.Content.ReadAsStringAsync()).ShouldBe("olleh");
        using HttpResponseMessage second = await next.DefaultTimeout();
        (await second.Content.ReadAsStringAsync()).ShouldStartWith("GET /2 HTTP/1.1\r\n");
        second.Headers.GetValues("X-Session").ShouldBe([session]);
        _ = PostAsync(app, "shop", session, "HTTP/1.1 204 No Content\r\n\r\n");
        (await two.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Response_above_the_limit_is_413_and_fails_its_request()
    {
        await using GatewayApp app = await StartAsync(maxBodySize: 1000);
        Task<HttpResponseMessage> poll = PostAsync(app, "shop");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/"));
        using HttpResponseMessage received = await poll.DefaultTimeout();
        string session = received.Headers.GetValues("X-Session").Single();

        using HttpResponseMessage refused =
            await PostAsync(app, "shop", session, "HTTP/1.1 200 OK\r\n\r\n" + new string('x', 1000)).DefaultTimeout();

        refused.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("MaxPolledBodySize");
        (await request.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);

        // The session continues.
        Task<HttpResponseMessage> next = PostAsync(app, "shop", session);
        Task<HttpResponseMessage> second = _client.GetAsync(app.Address("/apps/shop/2"));
        (await (await next.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldStartWith("GET /2 ");
        _ = PostAsync(app, "shop", session, "HTTP/1.1 204 No Content\r\n\r\n");
        (await second.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Poll_without_a_request_gets_204_after_its_timeout()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PostAsync(app, "shop", timeout: "2s");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));

        await Eventually.TrueAsync(() => poll.IsCompleted, () => _time.Advance(TimeSpan.FromSeconds(1)));

        (await poll).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Poll_whose_answer_was_lost_gets_the_same_request_again()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PostAsync(app, "shop");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));
        _ = _client.PostAsync(app.Address("/apps/shop/once"), new StringContent("x"));
        using HttpResponseMessage first = await poll.DefaultTimeout();

        using HttpResponseMessage again = await PostAsync(app, "shop", first.Headers.GetValues("X-Session").Single()).DefaultTimeout();

        (await again.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Two_programs_share_the_requests_of_a_name()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage>[] polls = [PostAsync(app, "shop"), PostAsync(app, "shop")];
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));
        Task<HttpResponseMessage>[] requests =
            [_client.GetAsync(app.Address("/apps/shop/1")), _client.GetAsync(app.Address("/apps/shop/2"))];
        HashSet<string> sessions = [];
        foreach (Task<HttpResponseMessage> poll in polls)
        {
            using HttpResponseMessage polled = await poll.DefaultTimeout();
            string path = (await polled.Content.ReadAsStringAsync()).Split(' ')[1];
            string session = polled.Headers.GetValues("X-Session").Single();
            sessions.Add(session);
            _ = PostAsync(app, "shop", session, $"HTTP/1.1 200 OK\r\n\r\n{path}");
        }

        (await (await requests[0].DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("/1");
        (await (await requests[1].DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("/2");
        sessions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Name_is_free_after_the_lease_has_expired_and_cannot_be_deleted_before()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PostAsync(app, "shop", timeout: "2s");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));
        (await _client.DeleteAsync(app.Address("/raw/shop")).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        app.Router.IsClaimed("shop").ShouldBeTrue();

        await Eventually.TrueAsync(() => !app.Router.IsClaimed("shop"), () => _time.Advance(TimeSpan.FromSeconds(1)));

        using HttpResponseMessage polled = await poll.DefaultTimeout();
        (await PostAsync(app, "shop", polled.Headers.GetValues("X-Session").Single()).DefaultTimeout())
            .StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await PostAsync(app, "shop", "guess", "HTTP/1.1 200 OK\r\n\r\n").DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task Poll_for_the_name_of_another_user_is_refused()
    {
        await using GatewayApp app = await StartAsync();
        _ = PostAsync(app, "shop", user: "ada");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));

        (await PostAsync(app, "shop", user: "eve").DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await PostAsync(app, "shop").DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Poll_of_a_page_of_another_site_is_refused()
    {
        await using GatewayApp app = await StartAsync();
        using HttpRequestMessage message = new(HttpMethod.Post, app.Address("/raw/shop"));
        message.Headers.Add("Origin", "http://foreign.example");

        (await _client.SendAsync(message).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        app.Router.IsClaimed("shop").ShouldBeFalse();
    }

    [Fact]
    public async Task Session_that_is_guessed_or_of_another_name_gets_410_and_a_response_without_a_session_400()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PostAsync(app, "shop");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));
        _ = _client.GetAsync(app.Address("/apps/shop/"));
        using HttpResponseMessage first = await poll.DefaultTimeout();
        string session = first.Headers.GetValues("X-Session").Single();

        (await PostAsync(app, "shop", "guess").DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await PostAsync(app, "thief", session, "HTTP/1.1 200 OK\r\n\r\n").DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await PostAsync(app, "shop", body: "HTTP/1.1 200 OK\r\n\r\n").DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Response_with_two_lengths_is_refused_and_the_client_gets_502()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PostAsync(app, "shop");
        await Eventually.TrueAsync(() => app.Router.IsClaimed("shop"));
        Task<HttpResponseMessage> request = _client.PostAsync(app.Address("/apps/shop/"), new StringContent("x"));
        using HttpResponseMessage first = await poll.DefaultTimeout();

        using HttpResponseMessage refused = await PostAsync(
            app,
            "shop",
            first.Headers.GetValues("X-Session").Single(),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").DefaultTimeout();

        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await request.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Theory]
    [InlineData("1m0s", 60_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("1h2m3s4ms", 3_723_004)]
    [InlineData("0s", 0)]
    public void Duration_is_parsed(string text, int milliseconds)
        => PollDuration.Parse(text).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));

    [Theory]
    [InlineData("")]
    [InlineData("60")]
    [InlineData("-1s")]
    [InlineData("1.2.3s")]
    [InlineData("1d")]
    [InlineData("999999h")]
    public void Text_that_is_no_duration_is_refused(string text) => PollDuration.Parse(text).ShouldBeNull();

    private Task<GatewayApp> StartAsync(int maxBodySize = 4 << 20)
        => GatewayApp.StartAsync(map: app => app.MapRawHttpQueue("/raw/{name}", options =>
        {
            options.TimeProvider = _time;
            options.MaxPolledBodySize = maxBodySize;
        }));

    private Task<HttpResponseMessage> PostAsync(
        GatewayApp app, string name, string? session = null, string? body = null, string timeout = "1m0s", string? user = null)
    {
        HttpRequestMessage message = new(HttpMethod.Post, app.Address($"/raw/{name}"));
        message.Headers.Add("X-Timeout", timeout);
        if (user is not null)
        {
            message.Headers.Add(UserHeaderAuthentication.Header, user);
        }

        if (session is not null)
        {
            message.Headers.Add("X-Session", session);
        }

        if (body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
            message.Content.Headers.Add("Content-Type", "application/x-http-response");
        }

        return _client.SendAsync(message);
    }
}

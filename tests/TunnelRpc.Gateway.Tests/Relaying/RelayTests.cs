using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Relaying;

/// <summary>MapReverseHttpRelay with a real server, and with programs that behave as the original clients do.</summary>
public sealed class RelayTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 100 });

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Name_is_claimed_and_a_request_is_polled_and_answered()
    {
        await using GatewayApp app = await StartAsync();
        using HttpResponseMessage registered = await RegisterAsync(app, "name=Shop&token=secret");
        registered.StatusCode.ShouldBe(HttpStatusCode.Created);
        string[] links = [.. registered.Headers.GetValues("Link")];
        links.Length.ShouldBe(2);
        links[1].ShouldMatch($"^<{app.Address("/apps/shop")}/?>; rel=\"related\"$");
        registered.Headers.Location.ShouldBe(app.Address("/reversehttp/shop/secret"));
        Uri first = GetLink(registered, "first");
        Task<HttpResponseMessage> request = _client.PostAsync(app.Address("/apps/shop/a?b=c"), new StringContent("hello"));

        using HttpResponseMessage polled = await _client.GetAsync(first).DefaultTimeout();

        polled.StatusCode.ShouldBe(HttpStatusCode.OK);
        polled.Content.Headers.ContentType!.MediaType.ShouldBe("message/http");
        polled.Headers.GetValues("Requesting-Client").Single().ShouldStartWith("127.0.0.1:");
        GetLink(polled, "next").ShouldNotBe(first);
        string message = await polled.Content.ReadAsStringAsync();
        message.ShouldStartWith("POST /a?b=c HTTP/1.1\r\nHost: ");
        message.ShouldEndWith("\r\n\r\nhello");
        (await ReplyAsync(first, "HTTP/1.0 201 Made\r\nX-A: b\r\n\r\nolleh")).ShouldBe(HttpStatusCode.Accepted);
        using HttpResponseMessage response = await request.DefaultTimeout();
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        response.Headers.GetValues("X-A").ShouldBe(["b"]);
        (await response.Content.ReadAsStringAsync()).ShouldBe("olleh");
    }

    [Fact]
    public async Task Links_are_separate_fields_on_the_wire()
    {
        await using GatewayApp app = await StartAsync();
        using RawConnection raw = await RawConnection.ConnectAsync(app.Port);

        await raw.SendAsync("POST /reversehttp?name=shop&token=t HTTP/1.1\r\nHost: relay\r\nContent-Length: 0\r\n\r\n");
        string head = await raw.ReadUntilAsync("\r\n\r\n");

        head.Split("\r\n").Count(line => line.StartsWith("Link: <http://relay/", StringComparison.Ordinal)).ShouldBe(2);
        head.ShouldContain("\r\nLocation: http://relay/reversehttp/shop/t\r\n");
    }

    [Fact]
    public async Task Poll_without_a_request_gets_204_and_the_same_url_stays_valid()
    {
        await using GatewayApp app = await StartAsync();
        using HttpResponseMessage registered = await RegisterAsync(app, "name=shop&token=secret");
        Uri first = GetLink(registered, "first");
        Task<HttpResponseMessage> poll = _client.GetAsync(first);

        await Eventually.TrueAsync(() => poll.IsCompleted, () => _time.Advance(TimeSpan.FromSeconds(1)));

        using HttpResponseMessage empty = await poll;
        empty.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        GetLink(empty, "next").ShouldBe(first);
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/"));
        (await _client.GetAsync(first).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ReplyAsync(first, "HTTP/1.1 200 OK\r\n\r\nhi")).ShouldBe(HttpStatusCode.Accepted);
        (await (await request.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("hi");
    }

    [Fact]
    public async Task Poll_whose_answer_was_lost_gets_the_same_request_again()
    {
        await using GatewayApp app = await StartAsync();
        using HttpResponseMessage registered = await RegisterAsync(app, "name=shop&token=secret");
        Uri first = GetLink(registered, "first");
        Task<HttpResponseMessage> request = _client.PostAsync(app.Address("/apps/shop/once"), new StringContent("x"));

        string one = await _client.GetStringAsync(first).DefaultTimeout();
        string two = await _client.GetStringAsync(first).DefaultTimeout();

        two.ShouldBe(one);
        (await ReplyAsync(first, "HTTP/1.1 204 No Content\r\n\r\n")).ShouldBe(HttpStatusCode.Accepted);
        (await request.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ReplyAsync(first, "HTTP/1.1 200 OK\r\n\r\nlate")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Two_pollers_share_the_requests_of_a_name()
    {
        await using GatewayApp app = await StartAsync();
        using HttpResponseMessage one = await RegisterAsync(app, "name=shop&token=secret");
        using HttpResponseMessage two = await RegisterAsync(app, "name=shop&token=secret");
        two.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Task<HttpResponseMessage>[] requests =
            [_client.GetAsync(app.Address("/apps/shop/")), _client.GetAsync(app.Address("/apps/shop/"))];

        foreach (Uri url in new[] { GetLink(one, "first"), GetLink(two, "first") })
        {
            (await _client.GetAsync(url).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await ReplyAsync(url, "HTTP/1.1 200 OK\r\n\r\nhi")).ShouldBe(HttpStatusCode.Accepted);
        }

        foreach (Task<HttpResponseMessage> request in requests)
        {
            (await (await request.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("hi");
        }
    }

    [Theory]
    [InlineData("token=t")]
    [InlineData("name=a.b")]
    [InlineData("name=shop&lease=soon")]
    [InlineData("name=shop&token=a%2Fb")]
    public async Task Registration_without_a_valid_name_token_or_lease_is_refused(string form)
    {
        await using GatewayApp app = await StartAsync();

        (await RegisterAsync(app, form)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        app.Router.IsClaimed("shop").ShouldBeFalse();
    }

    [Fact]
    public async Task Registration_of_a_foreign_name_or_with_a_wrong_token_is_refused()
    {
        await using GatewayApp app = await StartAsync();
        (await RegisterAsync(app, "name=shop&token=secret")).StatusCode.ShouldBe(HttpStatusCode.Created);

        (await RegisterAsync(app, "name=shop&token=guess")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await RegisterAsync(app, "name=shop")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _client.DeleteAsync(app.Address("/reversehttp/shop/guess"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        app.Router.IsClaimed("shop").ShouldBeTrue();
    }

    [Fact]
    public async Task Deleted_registration_ends_polls_and_frees_the_name()
    {
        await using GatewayApp app = await StartAsync();
        using HttpResponseMessage registered = await RegisterAsync(app, "name=shop&token=secret");
        Task<HttpResponseMessage> poll = _client.GetAsync(GetLink(registered, "first"));
        await Task.WhenAny(poll, PolledAsync(app));

        (await _client.DeleteAsync(registered.Headers.Location)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await poll.DefaultTimeout()).StatusCode.ShouldBeOneOf(HttpStatusCode.Gone, HttpStatusCode.NotFound);
        (await _client.DeleteAsync(registered.Headers.Location)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _client.GetAsync(app.Address("/apps/shop/"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Name_is_free_after_the_lease_has_expired()
    {
        await using GatewayApp app = await StartAsync();
        (await RegisterAsync(app, "name=shop&token=secret&lease=1")).StatusCode.ShouldBe(HttpStatusCode.Created);

        _time.Advance(TimeSpan.FromSeconds(29));
        app.Router.IsClaimed("shop").ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(2));

        app.Router.IsClaimed("shop").ShouldBeFalse();
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nA: b\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA : b\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    public async Task Reply_that_is_ambiguous_is_refused_and_the_client_gets_502(string reply)
    {
        await using GatewayApp app = await StartAsync();
        using HttpResponseMessage registered = await RegisterAsync(app, "name=shop&token=secret");
        Uri first = GetLink(registered, "first");
        Task<HttpResponseMessage> request = _client.PostAsync(app.Address("/apps/shop/"), new StringContent("x"));
        (await _client.GetAsync(first).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await ReplyAsync(first, reply)).ShouldBe(HttpStatusCode.BadRequest);

        (await request.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Reply_to_a_request_of_another_registration_is_not_found()
    {
        await using GatewayApp app = await StartAsync();
        using HttpResponseMessage shop = await RegisterAsync(app, "name=shop&token=secret");
        using HttpResponseMessage thief = await RegisterAsync(app, "name=thief&token=other");
        Uri first = GetLink(shop, "first");
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/"));
        (await _client.GetAsync(first).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.OK);

        Uri foreign = new(first.AbsoluteUri.Replace("/shop/", "/thief/", StringComparison.Ordinal));
        (await ReplyAsync(foreign, "HTTP/1.1 200 OK\r\n\r\nforged")).ShouldBe(HttpStatusCode.NotFound);
        (await ReplyAsync(GetLink(thief, "first"), "HTTP/1.1 200 OK\r\n\r\nforged")).ShouldBe(HttpStatusCode.NotFound);
        (await ReplyAsync(first, "HTTP/1.1 200 OK\r\n\r\nhi")).ShouldBe(HttpStatusCode.Accepted);

        (await (await request.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("hi");
    }

    [Fact]
    public async Task Registration_that_the_policy_does_not_allow_is_refused()
    {
        await using GatewayApp app = await StartAsync(gateway => gateway.AllowClaims((_, name) => name == "shop"));

        (await RegisterAsync(app, "name=other&token=secret")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await RegisterAsync(app, "name=shop&token=secret")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Names_without_a_user_are_limited_by_the_remote_address_and_those_of_users_are_not()
    {
        await using GatewayApp app = await StartAsync(gateway => gateway.MaxNamesPerRemoteAddress = 1);
        using HttpResponseMessage one = await RegisterAsync(app, "name=one&token=a");
        using HttpResponseMessage two = await RegisterAsync(app, "name=two&token=b");
        using HttpRequestMessage ofUser = new(HttpMethod.Post, app.Address("/reversehttp?name=three&token=c"));
        ofUser.Headers.Add(UserHeaderAuthentication.Header, "ann");

        two.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await two.Content.ReadAsStringAsync()).ShouldContain("MaxNamesPerRemoteAddress");
        (await _client.SendAsync(ofUser).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await _client.DeleteAsync(one.Headers.Location)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await RegisterAsync(app, "name=two&token=b")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Reply_with_an_oversized_head_or_body_is_refused_and_the_client_gets_502()
    {
        await using GatewayApp app = await StartAsync(relay: options => options.MaxPolledBodySize = 100_000);
        string[] replies =
            [$"HTTP/1.1 200 OK\r\nX: {new string('x', 40_000)}\r\n\r\n", $"HTTP/1.1 200 OK\r\n\r\n{new string('x', 100_000)}"];
        HttpStatusCode[] expected = [HttpStatusCode.BadRequest, HttpStatusCode.RequestEntityTooLarge];
        for (int index = 0; index < replies.Length; index++)
        {
            using HttpResponseMessage registered = await RegisterAsync(app, "name=shop&token=secret");
            Uri url = GetLink(registered, "first");
            Task<HttpResponseMessage> request = _client.PostAsync(app.Address("/apps/shop/"), new StringContent("x"));
            (await _client.GetAsync(url).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.OK);

            (await ReplyAsync(url, replies[index])).ShouldBe(expected[index]);

            (await request.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        }
    }

    [Fact]
    public async Task Poller_that_never_answers_costs_its_own_request_a_504_and_no_other()
    {
        await using GatewayApp app = await StartAsync();
        using HttpResponseMessage registered = await RegisterAsync(app, "name=shop&token=secret&lease=600");
        Task<HttpResponseMessage> lost = _client.GetAsync(app.Address("/apps/shop/lost"));
        using HttpResponseMessage first = await _client.GetAsync(GetLink(registered, "first")).DefaultTimeout();
        Uri next = GetLink(first, "next");
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/other"));
        (await _client.GetStringAsync(next).DefaultTimeout()).ShouldStartWith("GET /other ");
        (await ReplyAsync(next, "HTTP/1.1 200 OK\r\n\r\nhi")).ShouldBe(HttpStatusCode.Accepted);

        await Eventually.TrueAsync(() => lost.IsCompleted, () => _time.Advance(TimeSpan.FromSeconds(1)));

        (await (await request.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("hi");
        (await lost).StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
    }

    [Fact]
    public async Task Upgrade_is_501_since_the_program_polls()
    {
        await using GatewayApp app = await StartAsync();
        using HttpResponseMessage registered = await RegisterAsync(app, "name=shop&token=secret");
        using RawConnection client = await RawConnection.ConnectAsync(app.Port);

        await client.SendAsync("GET /apps/shop/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");

        (await client.ReadUntilAsync("\r\n")).ShouldStartWith("HTTP/1.1 501 ");
        (await client.ReadUntilAsync("takes no upgrade.\n")).ShouldContain("Expected an ordinary request, got an upgrade");
    }

    [Fact]
    public async Task Page_of_another_site_is_refused()
    {
        await using GatewayApp app = await StartAsync();
        using HttpRequestMessage message = new(HttpMethod.Post, app.Address("/reversehttp?name=shop&token=t"));
        message.Headers.Add("Origin", "http://foreign.example");

        (await _client.SendAsync(message).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        app.Router.IsClaimed("shop").ShouldBeFalse();
    }

    [Theory]
    [InlineData("https://pages.example", HttpStatusCode.Created)]
    [InlineData("https://foreign.example", HttpStatusCode.Forbidden)]
    public async Task Page_of_a_site_may_register_if_the_policy_allows_it(string origin, HttpStatusCode expected)
    {
        await using GatewayApp app = await GatewayApp.StartAsync(
            map: app =>
            {
                app.UseCors();
                app.MapReverseHttpRelay("/reversehttp").RequireCors(
                    policy => policy.WithOrigins("https://pages.example").WithTunnelGatewayFields());
            },
            services: services => services.AddCors());
        using HttpRequestMessage message = new(HttpMethod.Post, app.Address("/reversehttp?name=shop&token=t"));
        message.Headers.Add("Origin", origin);

        using HttpResponseMessage response = await _client.SendAsync(message).DefaultTimeout();

        response.StatusCode.ShouldBe(expected);
        response.Headers.Contains("Access-Control-Expose-Headers").ShouldBe(expected == HttpStatusCode.Created);
    }

    private static Uri GetLink(HttpResponseMessage response, string relation)
    {
        string link = response.Headers.GetValues("Link").Single(value => value.EndsWith($"; rel=\"{relation}\"", StringComparison.Ordinal));
        return new Uri(link[1..link.IndexOf('>', StringComparison.Ordinal)]);
    }

    // A request that needs no poll shows that the server has had time for the poll before it; either order is correct.
    private Task<HttpResponseMessage> PolledAsync(GatewayApp app) => _client.GetAsync(app.Address("/reversehttp"));

    private async Task<HttpStatusCode> ReplyAsync(Uri url, string message)
    {
        using ByteArrayContent content = new(Encoding.Latin1.GetBytes(message));
        content.Headers.Add("Content-Type", "message/http");
        using HttpResponseMessage response = await _client.PostAsync(url, content).DefaultTimeout();
        return response.StatusCode;
    }

    private Task<HttpResponseMessage> RegisterAsync(GatewayApp app, string form)
        => _client.PostAsync(app.Address("/reversehttp"), new StringContent(form, Encoding.ASCII, "application/x-www-form-urlencoded"))
            .DefaultTimeout();

    private Task<GatewayApp> StartAsync(Action<TunnelGatewayOptions>? gateway = null, Action<ReverseHttpRelayOptions>? relay = null)
        => GatewayApp.StartAsync(gateway, app => app.MapReverseHttpRelay("/reversehttp", options =>
        {
            options.TimeProvider = _time;
            relay?.Invoke(options);
        }));
}

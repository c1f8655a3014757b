using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using TunnelRpc.Gateway.Comet;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Comet;

/// <summary>MapCometQueue with a real server, and with programs that know only POST and JSON.</summary>
public sealed class CometQueueTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 100 });

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Name_is_claimed_by_a_poll_and_a_request_is_polled_and_answered()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");
        Task<HttpResponseMessage> request = _client.PostAsync(app.Address("/apps/shop/a?b=c"), new StringContent("hello"));

        using JsonDocument received = await JsonAsync(poll);
        Task<HttpResponseMessage> next = AnswerAsync(app, "shop", Answer(received, 201, "olleh"));
        using HttpResponseMessage response = await request.DefaultTimeout();

        received.RootElement.GetProperty("method").GetString().ShouldBe("POST");
        received.RootElement.GetProperty("request-uri").GetString().ShouldBe("/a?b=c");
        received.RootElement.GetProperty("http-version").GetString().ShouldBe("PTTH/0.9");
        received.RootElement.GetProperty("body").GetString().ShouldBe("hello");
        received.RootElement.GetProperty("headers")[0][0].GetString().ShouldBe("Host");
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await response.Content.ReadAsStringAsync()).ShouldBe("olleh");
        next.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Poll_without_a_request_gets_an_empty_object_after_the_timeout()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");

        await Eventually.TrueAsync(() => poll.IsCompleted, () => _time.Advance(TimeSpan.FromSeconds(1)));

        (await (await poll).Content.ReadAsStringAsync()).ShouldBe("{}");
    }

    [Fact]
    public async Task Answer_in_single_quotes_without_a_body_is_read()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/"));
        string id = (await JsonAsync(poll)).RootElement.GetProperty("message-id").GetString()!;

        _ = AnswerAsync(
            app,
            "shop",
            $"{{'message-id': '{id}', 'http-version': 'PTTH/0.9', 'status': 200, 'reason': 'OK', "
                + "'headers': [['X-Quote', 'a \\'b\\' \"c\"']]}");
        using HttpResponseMessage response = await request.DefaultTimeout();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("X-Quote").ShouldBe(["a 'b' \"c\""]);
        (await response.Content.ReadAsStringAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Program_that_accepts_text_gets_and_answers_the_messages_themselves()
    {
        await using GatewayApp app = await StartAsync();
        using HttpRequestMessage poll = new(HttpMethod.Post, app.Address("/comet/shop"));
        poll.Headers.Add("Accept", "text/plain");
        Task<HttpResponseMessage> polled = _client.SendAsync(poll);
        await ClaimedAsync(app, "shop");
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/a"));
        using HttpResponseMessage received = await polled.DefaultTimeout();
        (await received.Content.ReadAsStringAsync()).ShouldStartWith("GET /a HTTP/1.1\r\nHost: ");
        using HttpRequestMessage answer = new(HttpMethod.Post, app.Address("/comet/shop"))
        {
            Content = new StringContent("HTTP/1.1 200 OK\r\n\r\nolleh", Encoding.ASCII, "text/plain"),
        };
        answer.Headers.Add("message-id", received.Headers.GetValues("message-id").Single());

        Task<HttpResponseMessage> next = _client.SendAsync(answer);

        (await (await request.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("olleh");
        next.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Body_that_is_not_text_travels_as_base64_in_both_directions()
    {
        byte[] bytes = [0, 1, 0xFF, 0xFE];
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");
        Task<HttpResponseMessage> request = _client.PostAsync(app.Address("/apps/shop/"), new ByteArrayContent(bytes));
        using JsonDocument received = await JsonAsync(poll);

        received.RootElement.GetProperty("body-encoding").GetString().ShouldBe("base64");
        received.RootElement.GetProperty("body").GetBytesFromBase64().ShouldBe(bytes);
        string id = received.RootElement.GetProperty("message-id").GetString()!;
        _ = AnswerAsync(
            app, "shop", $$"""{"message-id":"{{id}}","status":200,"body":"{{Convert.ToBase64String(bytes)}}","body-encoding":"base64"}""");

        (await (await request.DefaultTimeout()).Content.ReadAsByteArrayAsync()).ShouldBe(bytes);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Answer_above_the_limit_is_413_and_fails_its_request(bool isAnnounced, bool isText)
    {
        await using GatewayApp app = await StartAsync(maxBodySize: 1000);
        Task<HttpResponseMessage> poll = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/"));
        using JsonDocument received = await JsonAsync(poll);
        string json = Answer(received, 200, new string('x', 1000));
        using HttpRequestMessage answer = new(HttpMethod.Post, app.Address("/comet/shop"))
        {
            Content = new StringContent(json, Encoding.UTF8, isText ? "text/plain" : "application/json"),
        };
        answer.Headers.Add("message-id", received.RootElement.GetProperty("message-id").GetString()!);
        answer.Headers.TransferEncodingChunked = !isAnnounced;

        using HttpResponseMessage refused = await _client.SendAsync(answer).DefaultTimeout();

        refused.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("MaxPolledBodySize");
        (await request.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Theory]
    [InlineData("""{"message-id":"a","body":"xx""", "a")]
    [InlineData("""{"status":200,"headers":[["a","b"]],"message-id":"a","bo""", "a")]
    [InlineData("{'message-id': 'a', 'body': 'x", "a")]
    [InlineData("""{"body":"xx""", null)]
    [InlineData("""{"message-id":1,"body":"xx""", null)]
    [InlineData("""{"message-id":"a""", null)]
    [InlineData("""["message-id","a",""", null)]
    [InlineData("""{"body":{"message-id":"a"},"x":""", null)]
    [InlineData("no JSON", null)]
    [InlineData("", null)]
    public void Id_is_found_at_the_start_of_an_answer(string start, string? id) =>
        CometMessage.FindIdAtStart(Encoding.UTF8.GetBytes(start)).ShouldBe(id);

    [Fact]
    public async Task Name_is_free_after_the_lease_has_expired()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");

        await Eventually.TrueAsync(() => !app.Router.IsClaimed("shop"), () => _time.Advance(TimeSpan.FromSeconds(1)));

        (await poll.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _client.GetAsync(app.Address("/apps/shop/"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Two_pollers_share_the_requests_of_a_name()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> first = PollAsync(app, "shop");
        Task<HttpResponseMessage> second = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");
        Task<HttpResponseMessage> one = _client.GetAsync(app.Address("/apps/shop/1"));
        Task<HttpResponseMessage> two = _client.GetAsync(app.Address("/apps/shop/2"));

        foreach (Task<HttpResponseMessage> poll in new[] { first, second })
        {
            using JsonDocument received = await JsonAsync(poll);
            _ = AnswerAsync(app, "shop", Answer(received, 200, received.RootElement.GetProperty("request-uri").GetString()!));
        }

        (await (await one.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("/1");
        (await (await two.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("/2");
    }

    [Fact]
    public async Task Answer_that_is_repeated_or_has_a_guessed_id_is_not_found()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/"));
        using JsonDocument received = await JsonAsync(poll);
        _ = AnswerAsync(app, "shop", Answer(received, 200, "one"));
        (await (await request.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("one");

        (await AnswerAsync(app, "shop", Answer(received, 200, "two")).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await AnswerAsync(app, "shop", """{"message-id":"guess","status":200}""").DefaultTimeout())
            .StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Request_of_one_name_is_not_answered_through_another_name()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");
        _ = _client.GetAsync(app.Address("/apps/shop/"));
        using JsonDocument received = await JsonAsync(poll);

        using HttpResponseMessage refused = await AnswerAsync(app, "thief", Answer(received, 200, "forged")).DefaultTimeout();

        refused.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Poll_whose_answer_was_lost_costs_its_own_request_a_504_and_no_other()
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");
        Task<HttpResponseMessage> lost = _client.PostAsync(app.Address("/apps/shop/lost"), new StringContent("x"));
        using JsonDocument dropped = await JsonAsync(poll);
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/other"));
        using JsonDocument received = await JsonAsync(PollAsync(app, "shop"));
        received.RootElement.GetProperty("request-uri").GetString().ShouldBe("/other");
        _ = AnswerAsync(app, "shop", Answer(received, 200, "hi"));

        (await (await request.DefaultTimeout()).Content.ReadAsStringAsync()).ShouldBe("hi");
        await Eventually.TrueAsync(() => lost.IsCompleted, () => _time.Advance(TimeSpan.FromSeconds(1)));
        (await lost).StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
    }

    [Fact]
    public async Task Name_cannot_be_deleted_by_a_request_and_ends_with_its_lease_only()
    {
        await using GatewayApp app = await StartAsync();
        _ = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");

        using HttpResponseMessage refused = await _client.DeleteAsync(app.Address("/comet/shop")).DefaultTimeout();

        refused.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        refused.Content.Headers.Allow.ShouldBe(["POST"]);
        app.Router.IsClaimed("shop").ShouldBeTrue();
    }

    [Fact]
    public async Task Poll_for_the_name_of_another_user_is_refused()
    {
        await using GatewayApp app = await StartAsync();
        _ = PollAsync(app, "shop", user: "ada");
        await ClaimedAsync(app, "shop");

        (await PollAsync(app, "shop", user: "eve").DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await PollAsync(app, "shop").DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("\"headers\": [[\"A\", \"b\\r\\nSet-Cookie: c=d\"]]")]
    [InlineData("\"headers\": [[\"A b\", \"c\"]]")]
    [InlineData("\"headers\": [[\"Content-Length\", \"1\"], [\"Transfer-Encoding\", \"chunked\"]]")]
    [InlineData("\"headers\": [[\"Content-Length\", \"5\"]], \"body\": \"abc\"")]
    [InlineData("\"reason\": \"OK\\r\\nA: b\"")]
    public async Task Answer_that_injects_or_confuses_is_refused_and_the_client_gets_502(string part)
    {
        await using GatewayApp app = await StartAsync();
        Task<HttpResponseMessage> poll = PollAsync(app, "shop");
        await ClaimedAsync(app, "shop");
        Task<HttpResponseMessage> request = _client.GetAsync(app.Address("/apps/shop/"));
        string id = (await JsonAsync(poll)).RootElement.GetProperty("message-id").GetString()!;

        using HttpResponseMessage refused = await AnswerAsync(
            app, "shop", $$"""{"message-id":"{{id}}","status":200,{{part}}}""").DefaultTimeout();

        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await request.DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Poll_of_a_page_of_another_site_is_refused()
    {
        await using GatewayApp app = await StartAsync();
        using HttpRequestMessage message = new(HttpMethod.Post, app.Address("/comet/shop"));
        message.Headers.Add("Origin", "http://foreign.example");

        (await _client.SendAsync(message).DefaultTimeout()).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        app.Router.IsClaimed("shop").ShouldBeFalse();
    }

    private static Task ClaimedAsync(GatewayApp app, string name) => Eventually.TrueAsync(() => app.Router.IsClaimed(name));

    private static async Task<JsonDocument> JsonAsync(Task<HttpResponseMessage> poll)
        => JsonDocument.Parse(await (await poll.DefaultTimeout()).Content.ReadAsStringAsync());

    private static string Answer(JsonDocument received, int status, string body) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["message-id"] = received.RootElement.GetProperty("message-id").GetString()!,
        ["http-version"] = "PTTH/0.9",
        ["status"] = status,
        ["reason"] = "OK",
        ["headers"] = new[] { new[] { "Content-type", "text/plain" } },
        ["body"] = body,
    });

    private Task<GatewayApp> StartAsync(int maxBodySize = 4 << 20)
        => GatewayApp.StartAsync(map: app => app.MapCometQueue("/comet/{name}", options =>
        {
            options.TimeProvider = _time;
            options.MaxPolledBodySize = maxBodySize;
        }));

    private Task<HttpResponseMessage> PollAsync(GatewayApp app, string name, string? user = null)
    {
        HttpRequestMessage message = new(HttpMethod.Post, app.Address($"/comet/{name}"));
        if (user is not null)
        {
            message.Headers.Add(UserHeaderAuthentication.Header, user);
        }

        return _client.SendAsync(message);
    }

    private Task<HttpResponseMessage> AnswerAsync(GatewayApp app, string name, string json)
        => _client.PostAsync(app.Address($"/comet/{name}"), new StringContent(json, Encoding.UTF8, "application/json"));
}

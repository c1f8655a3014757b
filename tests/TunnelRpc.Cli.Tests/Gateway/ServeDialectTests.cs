using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace TunnelRpc.Cli.Tests.Gateway;

/// <summary>One command "tunnelrpc serve" as a gateway for every front end: each claims a name and answers a request for it.</summary>
public sealed class ServeDialectTests(DialectRelay relay) : IClassFixture<DialectRelay>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public void Lines_say_where_each_front_end_is() => relay.Lines.ShouldBe(
    [
        $"Gateway: {relay.Root}/apps/NAME/, names are claimed by every client (--claims any)",
        $"ReverseHttp: {relay.Root}/reversehttp",
        $"Comet: {relay.Root}/comet/NAME",
        $"PTTH: {relay.Root}/ptth/NAME",
        $"Raw HTTP: {relay.Root}/raw/NAME",
        $"httpsock: {relay.Root}/sock returns what it is sent",
    ]);

    [Fact]
    public async Task Exposed_server_is_reached_at_its_name_through_the_tunnel_at_the_default_path()
    {
        await using LocalApp app = await LocalApp.StartAsync();
        await using ToolProcess expose = ToolProcess.Start("expose", app.Url, "--name", "shop", "--to", $"{relay.Root}/tunnel");

        string line = (await expose.ReadLineAsync())!;

        line.ShouldMatch($"^{relay.Root}/apps/shop/ forwards to {app.Url}/ \\([a-z0-9-]+\\)$");
        (await relay.Client.GetStringAsync($"{relay.Root}/apps/shop/hello?name=ann")).ShouldBe("hello ann");
    }

    [Fact]
    public async Task Probe_of_the_default_path_succeeds()
    {
        CommandResult probe = await CommandResult.RunAsync("probe", $"{relay.Root}/tunnel", "--calls", "2");

        probe.ExitCode.ShouldBe(0, probe.Output + probe.Error);
    }

    [Fact]
    public async Task Name_that_is_not_claimed_is_404()
    {
        using HttpResponseMessage response = await relay.Client.GetAsync($"{relay.Root}/apps/nothing/");

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).ShouldContain("Expected a name that a program has claimed");
    }

    [Fact]
    public async Task Program_that_polls_the_Comet_queue_of_a_name_answers_its_requests()
    {
        string queue = $"{relay.Root}/comet/chat";
        Task<HttpResponseMessage> poll = relay.Client.PostAsync(queue, null);
        Task<HttpResponseMessage> request = RequestAsync("chat");

        using HttpResponseMessage polled = await poll;
        JsonElement received = JsonDocument.Parse(await polled.Content.ReadAsStringAsync()).RootElement;
        received.GetProperty("request-uri").GetString().ShouldBe("/a?b=c");
        string answer = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["message-id"] = received.GetProperty("message-id").GetString()!,
            ["status"] = 200,
            ["body"] = "from the queue",
        });
        Task<HttpResponseMessage> next = relay.Client.PostAsync(queue, new StringContent(answer, Encoding.UTF8, "application/json"));

        await AssertAnsweredAsync(request, "from the queue");
        next.IsFaulted.ShouldBeFalse();
    }

    [Fact]
    public async Task Program_that_registers_at_the_ReverseHttp_relay_answers_its_requests()
    {
        using var form = new FormUrlEncodedContent([new("name", "press"), new("token", "secret")]);
        using HttpResponseMessage registered = await relay.Client.PostAsync($"{relay.Root}/reversehttp", form);
        registered.StatusCode.ShouldBe(HttpStatusCode.Created);
        registered.Headers.Location!.ToString().ShouldBe($"{relay.Root}/reversehttp/press/secret");
        string first = registered.Headers.GetValues("Link").Single(link => link.EndsWith("rel=\"first\"", StringComparison.Ordinal));
        string url = first[1..first.IndexOf('>', StringComparison.Ordinal)];
        Task<HttpResponseMessage> request = RequestAsync("press");

        (await relay.Client.GetStringAsync(url)).ShouldStartWith("GET /a?b=c HTTP/1.1\r\n");
        using HttpResponseMessage replied = await relay.Client.PostAsync(
            url, new StringContent("HTTP/1.0 200 OK\r\n\r\nfrom the relay", Encoding.ASCII, "message/http"));

        replied.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await AssertAnsweredAsync(request, "from the relay");
    }

    [Fact]
    public async Task Program_that_polls_raw_HTTP_answers_its_requests()
    {
        Task<HttpResponseMessage> poll = relay.Client.PostAsync($"{relay.Root}/raw/mill", null);
        Task<HttpResponseMessage> request = RequestAsync("mill");

        using HttpResponseMessage polled = await poll;
        (await polled.Content.ReadAsStringAsync()).ShouldStartWith("GET /a?b=c HTTP/1.1\r\n");
        using var answer = new HttpRequestMessage(HttpMethod.Post, $"{relay.Root}/raw/mill")
        {
            Content = new StringContent("HTTP/1.1 200 OK\r\n\r\nfrom the mill", Encoding.ASCII, "application/x-http-response"),
        };
        answer.Headers.Add("X-Session", polled.Headers.GetValues("X-Session").Single());
        answer.Headers.Add("X-Timeout", "0s");
        using HttpResponseMessage next = await relay.Client.SendAsync(answer);

        next.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await AssertAnsweredAsync(request, "from the mill");
    }

    [Theory]
    [InlineData("port", "Connection: Upgrade\r\n")]
    [InlineData("quay", "")]
    public async Task Program_that_claims_a_name_by_PTTH_answers_its_requests(string name, string connection)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(relay.Root).Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /ptth/{name} HTTP/1.1\r\nHost: relay\r\nUpgrade: PTTH/1.0\r\n{connection}\r\n"));
        (await ReadHeadAsync(stream)).ShouldStartWith("HTTP/1.1 101 ");
        Task<HttpResponseMessage> request = RequestAsync(name);

        (await ReadHeadAsync(stream)).ShouldStartWith("GET /a?b=c HTTP/1.1\r\n");
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nfrom the port"u8.ToArray());

        await AssertAnsweredAsync(request, "from the port");
    }

    private static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] single = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(single).AsTask().WaitAsync(Limit);
            head.Append((char)single[0]);
        }

        return head.ToString();
    }

    /// <summary>Requests a path of a name, again until the name is claimed.</summary>
    private async Task<HttpResponseMessage> RequestAsync(string name)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            HttpResponseMessage response = await relay.Client.GetAsync($"{relay.Root}/apps/{name}/a?b=c", limit.Token);
            if (response.StatusCode != HttpStatusCode.NotFound)
            {
                return response;
            }

            response.Dispose();
            await Task.Delay(10, limit.Token);
        }
    }

    private static async Task AssertAnsweredAsync(Task<HttpResponseMessage> request, string body)
    {
        using HttpResponseMessage response = await request.WaitAsync(Limit);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe(body);
    }
}

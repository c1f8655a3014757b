using System.Net;
using System.Net.WebSockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Cli.Tests.Contracts;
using TunnelRpc.Gateway.Client;

namespace TunnelRpc.Cli.Tests.Gateway;

/// <summary>"tunnelrpc serve --gateway" and "tunnelrpc expose" as processes, and a local web server.</summary>
public sealed class ExposeTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limit };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Request_reaches_the_local_server_and_is_printed()
    {
        await using LocalApp app = await LocalApp.StartAsync();
        await using RelayProcess relay = await RelayProcess.StartAsync();
        await using ToolProcess expose = ToolProcess.Start("expose", app.Url, "--name", "shop", "--to", relay.Tunnel);

        string url = await ReadUrlAsync(expose);
        url.ShouldBe($"{relay.Root}/apps/shop/");
        (await _http.GetStringAsync(url + "hello?name=ann&secret=s3cret")).ShouldBe("hello ann");
        using HttpResponseMessage posted = await _http.PostAsync(url + "length", new ByteArrayContent(new byte[100_000]));
        (await posted.Content.ReadAsStringAsync()).ShouldBe("100000");
        using HttpResponseMessage missing = await _http.GetAsync(url + "nothing");

        missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await expose.ReadLineAsync())!.ShouldMatch(@"^GET +200 +[\d.]+ ms +0/9 B  /hello$");
        (await expose.ReadLineAsync())!.ShouldMatch(@"^POST +200 +[\d.]+ ms +100,000/6 B  /length$");
        (await expose.ReadLineAsync())!.ShouldMatch(@"^GET +404 +[\d.]+ ms +0/0 B  /nothing$");
    }

    [Fact]
    public async Task WebSocket_reaches_the_local_server()
    {
        await using LocalApp app = await LocalApp.StartAsync();
        await using RelayProcess relay = await RelayProcess.StartAsync();
        await using ToolProcess expose = ToolProcess.Start("expose", app.Url, "--name", "shop", "--to", relay.Tunnel, "--json");
        string url = (await ReadEventAsync(expose)).GetProperty("url").GetString()!;
        using var limit = new CancellationTokenSource(Limit);

        using (var socket = new ClientWebSocket())
        {
            await socket.ConnectAsync(new Uri(url.Replace("http:", "ws:", StringComparison.Ordinal) + "echo"), limit.Token);
            byte[] buffer = new byte[100];
            await socket.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Text, true, limit.Token);
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, limit.Token);
            Encoding.UTF8.GetString(buffer, 0, received.Count).ShouldBe("ping");
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }

        JsonElement request = await ReadEventAsync(expose);
        request.GetProperty("status").GetInt32().ShouldBe(101);
        request.GetProperty("protocol").GetString().ShouldBe("websocket");
    }

    [Fact]
    public async Task Local_server_that_is_down_is_502_or_503_and_the_next_request_succeeds()
    {
        int port = FreePort.Find();
        await using RelayProcess relay = await RelayProcess.StartAsync();
        await using ToolProcess expose = ToolProcess.Start(
            "expose", $"http://127.0.0.1:{port}", "--name", "shop", "--to", relay.Tunnel, "--json");
        string url = (await ReadEventAsync(expose)).GetProperty("url").GetString()!;

        using HttpResponseMessage down = await _http.GetAsync(url);

        down.StatusCode.ShouldBeOneOf(HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable);
        JsonElement request = await ReadEventAsync(expose);
        request.TryGetProperty("status", out _).ShouldBeFalse();
        request.GetProperty("failure").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Name_of_another_client_is_refused_with_exit_code_3_and_a_reason()
    {
        await using LocalApp app = await LocalApp.StartAsync();
        await using RelayProcess relay = await RelayProcess.StartAsync();
        await using ToolProcess first = ToolProcess.Start("expose", app.Url, "--name", "shop", "--to", relay.Tunnel);
        string url = await ReadUrlAsync(first);

        await using ToolProcess second = ToolProcess.Start("expose", app.Url, "--name", "shop", "--to", relay.Tunnel);
        CommandResult refused = await second.EndAsync();

        (refused.ExitCode, refused.Output).ShouldBe((3, ""));
        refused.Error.ShouldContain("refuses the name \"shop\": ");
        (await _http.GetStringAsync(url + "hello?name=bob")).ShouldBe("hello bob");
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task Signal_ends_the_command_with_exit_code_0_and_frees_the_name(PosixSignal signal)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using LocalApp app = await LocalApp.StartAsync();
        await using RelayProcess relay = await RelayProcess.StartAsync();
        await using ToolProcess expose = ToolProcess.Start("expose", app.Url, "--name", "shop", "--to", relay.Tunnel);
        string url = await ReadUrlAsync(expose);

        expose.Terminate(signal);
        CommandResult ended = await expose.EndAsync();

        (ended.ExitCode, ended.Output, ended.Error).ShouldBe((0, "", ""));
        using HttpResponseMessage after = await _http.GetAsync(url + "hello");
        after.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await using ToolProcess next = ToolProcess.Start("expose", app.Url, "--name", "shop", "--to", relay.Tunnel);
        (await ReadUrlAsync(next)).ShouldBe(url);
    }

    [Fact]
    public async Task Name_is_claimed_again_after_a_restart_of_the_relay()
    {
        string root = $"http://127.0.0.1:{FreePort.Find()}";
        string[] arguments = ["--gateway", "/apps", "--claims", "any"];
        await using LocalApp app = await LocalApp.StartAsync();
        RelayProcess relay = await RelayProcess.StartAtAsync(root, arguments);
        await using ToolProcess expose = ToolProcess.Start("expose", app.Url, "--name", "shop", "--to", relay.Tunnel, "--json");
        (await ReadEventAsync(expose)).GetProperty("event").GetString().ShouldBe("claimed");

        await relay.DisposeAsync();
        JsonElement disconnected = await ReadEventAsync(expose);
        await using RelayProcess restarted = await RelayProcess.StartAtAsync(root, arguments);
        JsonElement claimed = await ReadEventAsync(expose);

        disconnected.GetProperty("event").GetString().ShouldBe("disconnected");
        claimed.GetProperty("event").GetString().ShouldBe("claimed");
        (await _http.GetStringAsync(claimed.GetProperty("url").GetString() + "hello?name=cy")).ShouldBe("hello cy");
    }

    [Fact]
    public async Task Relay_forwards_to_hosts_of_relay_to_only()
    {
        await using LocalApp app = await LocalApp.StartAsync();
        string target = new Uri(app.Url).Authority;
        await using RelayProcess relay = await RelayProcess.StartAtAsync(
            "http://127.0.0.1:0", "--gateway", "/apps", "--reversehttp", "/reversehttp", "--relay-to", "a.example", "--relay-to", target);
        const string Request = "GET /hello?name=ann HTTP/1.1\r\nHost: a\r\n\r\n";

        string url = $"{relay.Root}/reversehttp/_relay/";
        using HttpResponseMessage relayed = await _http.PostAsync(url + target, new StringContent(Request));
        using HttpResponseMessage refused = await _http.PostAsync(url + "127.0.0.1:1", new StringContent(Request));

        (await relayed.Content.ReadAsStringAsync()).ShouldEndWith("\r\n\r\nhello ann");
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("RelayTargets");
    }

    [Fact]
    public async Task Json_lines_match_the_schema()
    {
        await using LocalApp app = await LocalApp.StartAsync();
        await using RelayProcess relay = await RelayProcess.StartAsync();
        await using ToolProcess expose = ToolProcess.Start(
            "expose", app.Url, "--name", "shop", "--to", relay.Tunnel, "--json", "--host-header", "shop.example:8080");
        var schema = new SchemaValidator(
            JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "expose.schema.json")))!);
        string claimed = (await expose.ReadLineAsync())!;
        string url = JsonDocument.Parse(claimed).RootElement.GetProperty("url").GetString()!;

        (await _http.GetStringAsync(url + "host?x=1")).ShouldBe("shop.example:8080");
        string request = (await expose.ReadLineAsync())!;

        schema.Validate(JsonNode.Parse(claimed)!).ShouldBeEmpty(claimed);
        schema.Validate(JsonNode.Parse(request)!).ShouldBeEmpty(request);
        JsonElement json = JsonDocument.Parse(request).RootElement;
        json.GetProperty("event").GetString().ShouldBe("request");
        json.GetProperty("method").GetString().ShouldBe("GET");
        json.GetProperty("path").GetString().ShouldBe("/host");
        json.GetProperty("status").GetInt32().ShouldBe(200);
        json.GetProperty("bytesDown").GetInt64().ShouldBe("shop.example:8080".Length);
        json.GetProperty("elapsedMs").GetDouble().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Server_that_cannot_be_reached_is_exit_code_1_and_one_without_a_gateway_3()
    {
        await using RelayProcess plain = await RelayProcess.StartAtAsync("http://127.0.0.1:0");

        await using ToolProcess unreachable = ToolProcess.Start(
            "expose", "http://127.0.0.1:1", "--name", "shop", "--to", "http://127.0.0.1:1/tunnel", "--timeout", "1");
        await using ToolProcess refused = ToolProcess.Start(
            "expose", "http://127.0.0.1:1", "--name", "shop", "--to", plain.Tunnel);
        CommandResult first = await unreachable.EndAsync();
        CommandResult second = await refused.EndAsync();

        (first.ExitCode, first.Output).ShouldBe((1, ""));
        first.Error.ShouldContain("Cannot reach http://127.0.0.1:1/tunnel: ");
        (second.ExitCode, second.Output).ShouldBe((3, ""));
        second.Error.ShouldContain("it is no gateway");
    }

    [Fact]
    public async Task Claims_of_users_need_a_token_of_the_file()
    {
        string tokens = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(tokens, "# users\nann 0123456789abcdef\n\nbob\tfedcba9876543210\n");
            await using LocalApp app = await LocalApp.StartAsync();
            await using RelayProcess relay = await RelayProcess.StartAtAsync(
                "http://127.0.0.1:0", "--gateway", "/apps", "--claims", "user", "--tokens", tokens);
            string[] arguments = ["expose", app.Url, "--name", "shop", "--to", relay.Tunnel];

            await using ToolProcess anonymous = ToolProcess.Start(arguments);
            await using ToolProcess wrong = ToolProcess.Start([.. arguments, "--header", "Authorization: Bearer 0000000000000000"]);
            CommandResult withoutToken = await anonymous.EndAsync();
            CommandResult withWrongToken = await wrong.EndAsync();
            await using ToolProcess ann = ToolProcess.Start([.. arguments, "--header", "Authorization: Bearer 0123456789abcdef"]);
            string url = await ReadUrlAsync(ann);
            await using ToolProcess bob = ToolProcess.Start([.. arguments, "--header", "Authorization: Bearer fedcba9876543210"]);
            CommandResult taken = await bob.EndAsync();

            (withoutToken.ExitCode, withWrongToken.ExitCode, taken.ExitCode).ShouldBe((3, 1, 3));
            (withoutToken.Error + withWrongToken.Error + taken.Error).ShouldNotContain("0000000000000000");

            // The authorization of a request is for the local server.
            using var request = new HttpRequestMessage(HttpMethod.Get, url + "hello?name=dan");
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer of-the-shop");
            using HttpResponseMessage response = await _http.SendAsync(request);
            (await response.Content.ReadAsStringAsync()).ShouldBe("hello dan");
        }
        finally
        {
            File.Delete(tokens);
        }
    }

    [Fact]
    public async Task Httpsock_of_serve_returns_what_it_is_sent()
    {
        await using RelayProcess relay = await RelayProcess.StartAtAsync("http://127.0.0.1:0", "--httpsock", "/sock");
        (await relay.ReadLineAsync()).ShouldBe($"httpsock: {relay.Root}/sock returns what it is sent");
        await using Stream stream = await HttpSock.ConnectAsync(new Uri(relay.Root + "/sock"));
        byte[] echo = new byte[5];

        await stream.WriteAsync("hello"u8.ToArray());
        await stream.ReadExactlyAsync(echo).AsTask().WaitAsync(Limit);

        echo.ShouldBe("hello"u8.ToArray());
    }

    private static async Task<string> ReadUrlAsync(ToolProcess expose)
    {
        string? line = await expose.ReadLineAsync();
        if (line is null)
        {
            CommandResult ended = await expose.EndAsync();
            throw new InvalidOperationException($"Expected the URL, got exit code {ended.ExitCode}: {ended.Error}");
        }

        return line.Split(' ')[0];
    }

    private static async Task<JsonElement> ReadEventAsync(ToolProcess expose)
    {
        string? line = await expose.ReadLineAsync();
        if (line is null)
        {
            CommandResult ended = await expose.EndAsync();
            throw new InvalidOperationException($"Expected an event, got exit code {ended.ExitCode}: {ended.Error}");
        }

        return JsonDocument.Parse(line).RootElement;
    }
}

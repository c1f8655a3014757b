using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace TunnelRpc.Cli.Tests.Gateway;

/// <summary>Who may claim names at "tunnelrpc serve": --claims and --tokens, at every front end.</summary>
public sealed class ServeClaimTests : IDisposable
{
    private const string Ann = "0123456789abcdef";
    private const string Bob = "fedcba9876543210";

    private static readonly string[] Dialects =
        ["--gateway", "/apps", "--reversehttp", "/reversehttp", "--comet", "/comet", "--ptth", "/ptth", "--raw", "/raw"];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limit };

    public void Dispose() => _http.Dispose();

    [Theory]
    [InlineData("names are claimed by no client (--claims none)")]
    [InlineData("names are claimed by no client (--claims none)", "--claims", "none")]
    public async Task No_client_claims_a_name_by_default(string line, params string[] claims)
    {
        await using RelayProcess relay = await RelayProcess.StartAtAsync("http://127.0.0.1:0", [.. Dialects, .. claims]);
        (await relay.ReadLineAsync()).ShouldEndWith(line);

        await AssertRefusedAsync(relay, null, HttpStatusCode.Forbidden);
        await using ToolProcess expose = ToolProcess.Start("expose", "http://127.0.0.1:1", "--name", "shop", "--to", relay.Tunnel);
        CommandResult refused = await expose.EndAsync();

        (refused.ExitCode, refused.Output).ShouldBe((3, ""));
        refused.Error.ShouldContain("refuses the name \"shop\"");
    }

    [Fact]
    public async Task Users_of_the_file_claim_names_and_own_them()
    {
        await using RelayProcess relay = await StartWithUsersAsync();
        (await relay.ReadLineAsync()).ShouldEndWith("names are claimed by the users of --tokens (--claims user)");

        await AssertRefusedAsync(relay, null, HttpStatusCode.Forbidden);
        await AssertRefusedAsync(relay, "0000000000000000", HttpStatusCode.Unauthorized);
        Task<HttpResponseMessage> poll = PostAsync($"{relay.Root}/comet/shop", Ann);
        Task<HttpResponseMessage> request = RequestAsync(relay.Root, "shop");
        string answer = await CreateAnswerAsync(poll, "of Ann");

        // The name is Ann's, also between two polls: no other user answers for it.
        await AssertRefusedAsync(relay, Bob, HttpStatusCode.Forbidden);
        Task<HttpResponseMessage> next = PostAsync($"{relay.Root}/comet/shop", Ann, answer);
        using HttpResponseMessage response = await request;
        (await response.Content.ReadAsStringAsync()).ShouldBe("of Ann");

        using HttpResponseMessage registered = await PostAsync($"{relay.Root}/reversehttp?name=press&token=t", Bob);
        registered.StatusCode.ShouldBe(HttpStatusCode.Created);
        next.IsFaulted.ShouldBeFalse();
    }

    [Fact]
    public async Task Request_for_a_name_is_not_asked_for_a_token()
    {
        await using RelayProcess relay = await StartWithUsersAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{relay.Root}/apps/nothing/");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "of-the-program");

        using HttpResponseMessage response = await _http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task Server_that_is_stopped_ends_waiting_polls_and_connections(PosixSignal signal)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using ToolProcess server = ToolProcess.Start(["serve", "--urls", "http://127.0.0.1:0", .. Dialects, "--claims", "any"]);
        string root = (await server.ReadLineAsync())!["Listening on ".Length..].Replace("/tunnel", "", StringComparison.Ordinal);
        using TcpClient claim = await ClaimByPtthAsync(new Uri(root), "port", null);
        Task<HttpResponseMessage> poll = PostAsync($"{root}/comet/chat", null);
        Task<HttpResponseMessage> request = RequestAsync(root, "chat");

        // The response shows that the poll which carries the answer has arrived.
        Task<HttpResponseMessage> next = PostAsync($"{root}/comet/chat", null, await CreateAnswerAsync(poll, "hello"));
        using HttpResponseMessage response = await request;
        server.Terminate(signal);
        using HttpResponseMessage polled = await next.WaitAsync(Limit);
        CommandResult stopped = await server.EndAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await polled.Content.ReadAsStringAsync()).ShouldBe("{}");
        (stopped.ExitCode, stopped.Error).ShouldBe((0, ""));
        (await HasEndedAsync(claim)).ShouldBeTrue();
    }

    private static async Task<bool> HasEndedAsync(TcpClient connection)
    {
        try
        {
            return await connection.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Limit) == 0;
        }
        catch (IOException)
        {
            // The end is a reset.
            return true;
        }
    }

    /// <summary>Returns the JSON that answers the request of a poll.</summary>
    private static async Task<string> CreateAnswerAsync(Task<HttpResponseMessage> poll, string body)
    {
        using HttpResponseMessage polled = await poll.WaitAsync(Limit);
        JsonElement received = JsonDocument.Parse(await polled.Content.ReadAsStringAsync()).RootElement;
        string id = received.GetProperty("message-id").GetString()!;
        return $$"""{"message-id":"{{id}}","status":200,"body":"{{body}}"}""";
    }

    private static async Task<RelayProcess> StartWithUsersAsync()
    {
        string tokens = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(tokens, $"ann {Ann}\nbob {Bob}\n");
            return await RelayProcess.StartAtAsync("http://127.0.0.1:0", [.. Dialects, "--claims", "user", "--tokens", tokens]);
        }
        finally
        {
            // The command has read it.
            File.Delete(tokens);
        }
    }

    /// <summary>Asserts that each front end refuses a claim of "shop".</summary>
    private async Task AssertRefusedAsync(RelayProcess relay, string? token, HttpStatusCode status)
    {
        foreach (string path in (string[])["/comet/shop", "/raw/shop", "/reversehttp?name=shop&token=t"])
        {
            using HttpResponseMessage response = await PostAsync(relay.Root + path, token);
            response.StatusCode.ShouldBe(status, path);
        }

        using TcpClient refused = await ClaimByPtthAsync(new Uri(relay.Root), "shop", token, $"HTTP/1.1 {(int)status} ");
    }

    private static async Task<TcpClient> ClaimByPtthAsync(Uri root, string name, string? token, string expected = "HTTP/1.1 101 ")
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, root.Port);
        string authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /ptth/{name} HTTP/1.1\r\nHost: relay\r\nUpgrade: PTTH/1.0\r\nConnection: Upgrade\r\n{authorization}\r\n"));
        var head = new StringBuilder();
        byte[] single = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await client.GetStream().ReadExactlyAsync(single).AsTask().WaitAsync(Limit);
            head.Append((char)single[0]);
        }

        head.ToString().ShouldStartWith(expected);
        return client;
    }

    private async Task<HttpResponseMessage> PostAsync(string url, string? token, string? json = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        return await _http.SendAsync(request);
    }

    /// <summary>Requests the root of a name, again until the name is claimed.</summary>
    private async Task<HttpResponseMessage> RequestAsync(string root, string name)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            HttpResponseMessage response = await _http.GetAsync($"{root}/apps/{name}/", limit.Token);
            if (response.StatusCode != HttpStatusCode.NotFound)
            {
                return response;
            }

            response.Dispose();
            await Task.Delay(10, limit.Token);
        }
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Cli.Tests;

public sealed class ProbeTests
{
    public static TheoryData<string> Direct => [.. HttpTransports.Default.Select(t => t.Name).Where(name => name != "connect" && name != "extended-connect" && name != "http2-post")];

    [Fact]
    public async Task A_server_that_is_there_is_reached_and_the_path_told_in_words()
    {
        await using TestServer server = await TestServer.StartAsync();

        CommandResult result = await CommandResult.RunAsync("probe", server.Address, "--calls", "3");

        result.ExitCode.ShouldBe(0, result.Error);
        result.Output.ShouldContain($"upgrade carries calls in both directions to {server.Address}: first reply after ");
        result.Output.ShouldContain("Calls: 3 of 3 completed, ");
        result.Output.ShouldContain("Callbacks: 3 of 3 completed, ");
        result.Output.ShouldContain("Bytes: 192 up, 192 down.");
        result.Error.ShouldBe("");
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public async Task What_serve_serves_is_reached_at_its_root_too(string path)
    {
        await using TestServer server = await TestServer.StartAsync();

        (await CommandResult.RunAsync("probe", server.Root + path, "--calls", "1")).ExitCode.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Direct))]
    public async Task Each_transport_can_be_asked_for_by_name(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();

        JsonElement json = Parse(await CommandResult.RunAsync("probe", server.Address, "--transport", transport, "--calls", "2", "--json"), 0);

        json.GetProperty("winner").GetString().ShouldBe(transport);
        json.GetProperty("attempts").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Json_is_one_object_with_what_was_measured()
    {
        await using TestServer server = await TestServer.StartAsync();

        JsonElement json = Parse(await CommandResult.RunAsync("probe", server.Address, "--transport", "connect", "--transport", "upgrade", "--calls", "4", "--bytes", "1500000", "--json"), 0);

        json.GetProperty("winner").GetString().ShouldBe("upgrade");
        json.GetProperty("elapsedMs").GetDouble().ShouldBeGreaterThan(0);
        json.GetProperty("callsOk").GetInt32().ShouldBe(4);
        json.GetProperty("callbacksOk").GetInt32().ShouldBe(4);
        json.GetProperty("bytesUp").GetInt64().ShouldBe(12_000_000);
        json.GetProperty("bytesDown").GetInt64().ShouldBe(12_000_000);
        JsonElement[] attempts = [.. json.GetProperty("attempts").EnumerateArray()];
        attempts.Select(a => a.GetProperty("transport").GetString()).ShouldBe(["connect", "upgrade"]);
        attempts.Select(a => a.GetProperty("outcome").GetString()).ShouldBe(["failed", "won"]);
        attempts[0].GetProperty("reason").GetString().ShouldBe("no proxy is configured.");
        attempts[0].GetProperty("status").ValueKind.ShouldBe(JsonValueKind.Null);
        attempts[1].GetProperty("elapsedMs").GetDouble().ShouldBeGreaterThan(0);
        attempts[1].GetProperty("reason").GetString().ShouldBe("");
    }

    [Fact]
    public async Task Where_nobody_listens_each_attempt_says_why()
    {
        string[] arguments = ["probe", Refusing(out Socket held)];
        using Socket _ = held;

        CommandResult words = await CommandResult.RunAsync(arguments);
        JsonElement json = Parse(await CommandResult.RunAsync([.. arguments, "--json"]), 1);

        words.ExitCode.ShouldBe(1);
        words.Output.ShouldContain($"No path to {arguments[1]}/ in ");
        words.Output.Split('\n').Count(line => line.Contains("Connection refused", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(3);
        json.GetProperty("winner").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("callsOk").GetInt32().ShouldBe(0);
        json.GetProperty("attempts").EnumerateArray().ShouldAllBe(a => a.GetProperty("outcome").GetString() == "failed" && a.GetProperty("reason").GetString()!.Length > 0);
        json.GetProperty("attempts").GetArrayLength().ShouldBe(HttpTransports.Default.Count);
    }

    [Fact]
    public async Task A_path_that_swallows_everything_times_out()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        JsonElement json = Parse(await CommandResult.RunAsync("probe", $"http://{silent.LocalEndpoint}", "--transport", "upgrade", "--timeout", "0.3", "--json"), 1);

        JsonElement attempt = json.GetProperty("attempts")[0];
        attempt.GetProperty("outcome").GetString().ShouldBe("timedOut");
        attempt.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_proxy_is_gone_through_with_credentials_from_its_url_or_beside_it(bool beside)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using ConnectProxy proxy = ConnectProxy.Start(new NetworkCredential("me", "s3cret:x"));
        string[] through = beside
            ? ["--proxy", proxy.Address.ToString(), "--proxy-user", "me:s3cret:x"]
            : ["--proxy", $"http://me:s3cret%3Ax@{proxy.Address.Authority}"];

        CommandResult result = await CommandResult.RunAsync(["probe", server.Address, "--transport", "connect", "--calls", "2", .. through]);

        result.ExitCode.ShouldBe(0, result.Output + result.Error);
        result.Output.ShouldContain($"connect carries calls in both directions to {server.Address} through the proxy http://{proxy.Address.Authority}");
        proxy.Heads.ShouldContain(head => head.StartsWith("CONNECT", StringComparison.Ordinal));
        (result.Output + result.Error).ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task A_proxy_that_refuses_is_named_with_its_status()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using ConnectProxy proxy = ConnectProxy.Start(status: 403);

        JsonElement json = Parse(await CommandResult.RunAsync("probe", server.Address, "--transport", "connect", "--proxy", proxy.Address.ToString(), "--json"), 1);

        JsonElement attempt = json.GetProperty("attempts")[0];
        attempt.GetProperty("status").GetInt32().ShouldBe(403);
        attempt.GetProperty("reason").GetString()!.ShouldContain("does not allow CONNECT");
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_taken_only_when_told_to()
    {
        await using TestServer server = await TestServer.StartAsync("https://127.0.0.1:0");

        CommandResult refused = await CommandResult.RunAsync("probe", server.Address, "--transport", "upgrade");
        CommandResult taken = await CommandResult.RunAsync("probe", server.Address, "--transport", "upgrade", "--insecure");

        refused.ExitCode.ShouldBe(1);
        refused.Output.ShouldContain("TLS");
        taken.ExitCode.ShouldBe(0, taken.Output);
        taken.Error.ShouldContain("Certificates are not checked (--insecure)");
    }

    [Fact]
    public async Task End_to_end_TLS_is_insisted_on_when_asked_for()
    {
        await using TestServer with = await TestServer.StartAsync(endToEndTls: true);
        await using TestServer without = await TestServer.StartAsync();

        (await CommandResult.RunAsync("probe", with.Address, "--end-to-end-tls", "--insecure")).ExitCode.ShouldBe(0);
        (await CommandResult.RunAsync("probe", with.Address)).ExitCode.ShouldBe(0);
        CommandResult wrong = await CommandResult.RunAsync("probe", with.Address, "--transport", "upgrade", "--pin", new string('0', 64));
        (wrong.ExitCode, wrong.Output.Contains("it is none of the 1 in PinnedCertificates", StringComparison.Ordinal)).ShouldBe((1, true));
        CommandResult none = await CommandResult.RunAsync("probe", without.Address, "--transport", "upgrade", "--end-to-end-tls");
        (none.ExitCode, none.Output.Contains("does not offer end-to-end TLS", StringComparison.Ordinal)).ShouldBe((1, true));
    }

    /// <summary>An address that refuses, and that nobody else gets meanwhile.</summary>
    private static string Refusing(out Socket held)
    {
        held = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        held.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return $"http://{held.LocalEndPoint}";
    }

    /// <summary>The only thing that is printed is one object.</summary>
    private static JsonElement Parse(CommandResult result, int exitCode)
    {
        result.ExitCode.ShouldBe(exitCode, result.Output + result.Error);
        using JsonDocument document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }
}

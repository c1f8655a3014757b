using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Cli.Tests;

/// <summary>The command "tunnelrpc probe" against servers and proxies in this process.</summary>
public sealed class ProbeTests
{
    /// <summary>The transports that need neither a proxy nor HTTP/2.</summary>
    public static TheoryData<string> Direct =>
    [
        .. HttpTransports.Default.Select(t => t.Name).Where(name => name is not ("connect" or "extended-connect" or "http2-post")),
    ];

    [Fact]
    public async Task Probe_of_a_reachable_server_prints_the_path_and_the_calls()
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
    public async Task Probe_of_the_root_of_serve_succeeds(string path)
    {
        await using TestServer server = await TestServer.StartAsync();

        (await CommandResult.RunAsync("probe", server.Root + path, "--calls", "1")).ExitCode.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Direct))]
    public async Task Transport_option_selects_one_transport(string transport)
    {
        await using TestServer server = await TestServer.StartAsync();

        CommandResult result = await CommandResult.RunAsync(
            "probe", server.Address, "--transport", transport, "--calls", "2", "--json");
        JsonElement json = Parse(result, 0);

        json.GetProperty("winner").GetString().ShouldBe(transport);
        json.GetProperty("attempts").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Json_is_one_object_with_the_measured_values()
    {
        await using TestServer server = await TestServer.StartAsync();

        CommandResult result = await CommandResult.RunAsync(
            "probe", server.Address, "--transport", "connect", "--transport", "upgrade", "--calls", "4", "--bytes", "1500000", "--json");
        JsonElement json = Parse(result, 0);

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
    public async Task Probe_of_a_closed_port_prints_the_reason_of_each_attempt()
    {
        string[] arguments = ["probe", BindClosedPort(out Socket socket)];
        using Socket _ = socket;

        CommandResult text = await CommandResult.RunAsync(arguments);
        JsonElement json = Parse(await CommandResult.RunAsync([.. arguments, "--json"]), 1);

        text.ExitCode.ShouldBe(1);
        text.Output.ShouldContain($"No path to {arguments[1]}/ in ");
        text.Output.Split('\n')
            .Count(line => line.Contains("refused the connection", StringComparison.Ordinal))
            .ShouldBeGreaterThanOrEqualTo(3);
        json.GetProperty("winner").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("callsOk").GetInt32().ShouldBe(0);
        json.GetProperty("attempts").EnumerateArray().ShouldAllBe(
            a => a.GetProperty("outcome").GetString() == "failed" && a.GetProperty("reason").GetString()!.Length > 0);
        json.GetProperty("attempts").GetArrayLength().ShouldBe(HttpTransports.Default.Count);
    }

    [Fact]
    public async Task Probe_of_a_silent_server_times_out()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        CommandResult result = await CommandResult.RunAsync(
            "probe", $"http://{silent.LocalEndpoint}", "--transport", "upgrade", "--timeout", "0.3", "--json");
        JsonElement json = Parse(result, 1);

        JsonElement attempt = json.GetProperty("attempts")[0];
        attempt.GetProperty("outcome").GetString().ShouldBe("timedOut");
        attempt.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Probe_through_a_proxy_uses_credentials_of_the_URL_or_of_the_option(bool withOption)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using ConnectProxy proxy = ConnectProxy.Start(new NetworkCredential("me", "s3cret:x"));
        string[] through = withOption
            ? ["--proxy", proxy.Address.ToString(), "--proxy-user", "me:s3cret:x"]
            : ["--proxy", $"http://me:s3cret%3Ax@{proxy.Address.Authority}"];

        CommandResult result = await CommandResult.RunAsync(
            ["probe", server.Address, "--transport", "connect", "--calls", "2", .. through]);

        result.ExitCode.ShouldBe(0, result.Output + result.Error);
        result.Output.ShouldContain(
            $"connect carries calls in both directions to {server.Address} through the proxy http://{proxy.Address.Authority}");
        proxy.Heads.ShouldContain(head => head.StartsWith("CONNECT", StringComparison.Ordinal));
        (result.Output + result.Error).ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task Probe_through_a_proxy_that_refuses_prints_its_status()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using ConnectProxy proxy = ConnectProxy.Start(status: 403);

        CommandResult result = await CommandResult.RunAsync(
            "probe", server.Address, "--transport", "connect", "--proxy", proxy.Address.ToString(), "--json");
        JsonElement json = Parse(result, 1);

        JsonElement attempt = json.GetProperty("attempts")[0];
        attempt.GetProperty("status").GetInt32().ShouldBe(403);
        attempt.GetProperty("reason").GetString()!.ShouldContain("does not allow CONNECT");
    }

    [Fact]
    public async Task Untrusted_certificate_is_accepted_only_with_insecure()
    {
        await using TestServer server = await TestServer.StartAsync("https://127.0.0.1:0");

        CommandResult refused = await CommandResult.RunAsync("probe", server.Address, "--transport", "upgrade");
        CommandResult accepted = await CommandResult.RunAsync("probe", server.Address, "--transport", "upgrade", "--insecure");

        refused.ExitCode.ShouldBe(1);
        refused.Output.ShouldContain("TLS");
        accepted.ExitCode.ShouldBe(0, accepted.Output);
        accepted.Error.ShouldContain("Certificates are not checked (--insecure)");
    }

    [Fact]
    public async Task End_to_end_TLS_is_required_with_its_options()
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

    /// <summary>Returns the URL of a port that refuses connections. The socket keeps other processes from using the port.</summary>
    private static string BindClosedPort(out Socket socket)
    {
        socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return $"http://{socket.LocalEndPoint}";
    }

    /// <summary>Parses the output, which must be one JSON object and nothing else.</summary>
    private static JsonElement Parse(CommandResult result, int exitCode)
    {
        result.ExitCode.ShouldBe(exitCode, result.Output + result.Error);
        using JsonDocument document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }
}

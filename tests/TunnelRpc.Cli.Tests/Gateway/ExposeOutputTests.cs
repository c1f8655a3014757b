using System.Text.RegularExpressions;

namespace TunnelRpc.Cli.Tests.Gateway;

/// <summary>What "tunnelrpc expose" shows on a terminal, and what it writes with --json when it fails.</summary>
public sealed partial class ExposeOutputTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limit };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Terminal_shows_a_live_table_of_the_requests()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(TerminalProcess.Program))
        {
            return;
        }

        await using LocalApp app = await LocalApp.StartAsync();
        await using RelayProcess relay = await RelayProcess.StartAsync();
        await using TerminalProcess terminal = TerminalProcess.Start("expose", app.Url, "--name", "shop", "--to", relay.Tunnel);
        await terminal.ReadUntilAsync($"{relay.Root}/apps/shop/ forwards to {app.Url}/");

        (await _http.GetStringAsync($"{relay.Root}/apps/shop/hello?name=ann&secret=s3cret")).ShouldBe("hello ann");
        string first = await terminal.ReadUntilAsync("/hello");
        using HttpResponseMessage missing = await _http.GetAsync($"{relay.Root}/apps/shop/nothing");
        string second = await terminal.ReadUntilAsync("/nothing");

        // A frame of the table, without the codes that place and colour it.
        Plain(first).ShouldMatch("1 requests. Ctrl-C ends. .*time .*method .*HTTP .*duration .*GET .*200 .*/hello$");
        Plain(second).ShouldMatch("2 requests. Ctrl-C ends. .*GET .*200 .*/hello .*GET .*404 .*/nothing$");
        (first + second).ShouldNotContain("s3cret");
        first.ShouldContain("\u001b[");
    }

    [Fact]
    public async Task Json_has_no_line_when_the_gateway_refuses_or_is_not_reached()
    {
        await using RelayProcess relay = await RelayProcess.StartAtAsync("http://127.0.0.1:0", "--gateway", "/apps");

        await using ToolProcess refused = ToolProcess.Start(
            "expose", "http://127.0.0.1:1", "--name", "shop", "--to", relay.Tunnel, "--json");
        await using ToolProcess unreachable = ToolProcess.Start(
            "expose", "http://127.0.0.1:1", "--name", "shop", "--to", "http://127.0.0.1:1/tunnel", "--timeout", "1", "--json");
        CommandResult first = await refused.EndAsync();
        CommandResult second = await unreachable.EndAsync();

        (first.ExitCode, first.Output).ShouldBe((3, ""));
        first.Error.ShouldContain("refuses the name \"shop\"");
        (second.ExitCode, second.Output).ShouldBe((1, ""));
        second.Error.ShouldContain("Cannot reach http://127.0.0.1:1/tunnel");
    }

    /// <summary>The text in one line.</summary>
    private static string Plain(string shown) => Codes().Replace(shown, "").ReplaceLineEndings(" ");

    [GeneratedRegex("\u001b\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Codes();
}

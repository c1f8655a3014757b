using System.Runtime.InteropServices;
using System.Text.Json;

namespace TunnelRpc.Cli.Tests;

/// <summary>The built tool itself.</summary>
public sealed class ProcessTests
{
    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task Serve_prints_where_it_listens_is_probed_and_ends_in_order(PosixSignal signal)
    {
        await using ToolProcess server = ToolProcess.Start("serve", "--urls", "http://127.0.0.1:0;http://127.0.0.1:0");
        string[] lines = [(await server.ReadLineAsync())!, (await server.ReadLineAsync())!];
        lines.ShouldAllBe(line => line.StartsWith("Listening on http://127.0.0.1:", StringComparison.Ordinal) && line.EndsWith("/tunnel", StringComparison.Ordinal) && !line.Contains(":0/", StringComparison.Ordinal));
        lines.Distinct().Count().ShouldBe(2);

        await using ToolProcess probe = ToolProcess.Start("probe", lines[1]["Listening on ".Length..], "--calls", "2");
        CommandResult probed = await probe.EndAsync();
        server.Terminate(signal);
        CommandResult served = await server.EndAsync();

        probed.ExitCode.ShouldBe(0, probed.Output + probed.Error);
        probed.Output.ShouldContain("carries calls in both directions");
        probed.Output.ShouldAllBe(character => character == '\n' || !char.IsControl(character));
        (served.ExitCode, served.Output, served.Error).ShouldBe((0, "", ""));
    }

    [Fact]
    public async Task Nothing_but_the_object_is_on_the_output_and_the_exit_code_is_the_processs()
    {
        await using ToolProcess probe = ToolProcess.Start("probe", "http://127.0.0.1:1", "--transport", "upgrade", "--json");

        CommandResult result = await probe.EndAsync();

        result.ExitCode.ShouldBe(1);
        result.Error.ShouldBe("");
        using JsonDocument document = JsonDocument.Parse(result.Output);
        document.RootElement.GetProperty("winner").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_failure_in_words()
    {
        await using TestServer taken = await TestServer.StartAsync();

        CommandResult result = await CommandResult.RunAsync("serve", "--urls", taken.Root);

        result.ExitCode.ShouldBe(1);
        result.Error.ShouldContain($"Cannot listen on {taken.Root}/: ");
    }
}

using System.Security.Cryptography;
using global::Fleet;
using global::Fleet.Operators;
using Shouldly;
using Spectre.Console;
using Xunit;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>What the operator sees.</summary>
public sealed class ConsoleTests
{
    [Fact]
    public async Task The_list_shows_each_agent()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        var text = new StringWriter();

        await new OperatorConsole(fleet.Operator, ConsoleOn(text)).ListAsync(CancellationToken.None).WaitAsync(FleetApp.Guard);

        text.ToString().ShouldContain("berlin");
        text.ToString().ShouldContain("boston");
        text.ToString().ShouldContain("connect");
    }

    [Fact]
    public async Task An_upload_shows_its_progress_up_to_the_whole()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        string file = fleet.FileOf("", "release.bin");
        await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(1_000_000));
        var text = new StringWriter();

        await new OperatorConsole(fleet.Operator, ConsoleOn(text, terminal: true)).UploadAsync("paris", file, CancellationToken.None).WaitAsync(FleetApp.Guard);

        text.ToString().ShouldContain("release.bin");
        text.ToString().ShouldContain("100%");
        text.ToString().ShouldContain("paris stored 1,000,000 bytes");
    }

    [Fact]
    public async Task What_an_agent_writes_does_not_get_at_the_terminal()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        await File.WriteAllTextAsync(fleet.FileOf("paris", "logs", "app.log"), "\u001b[2J[red]evil[/]\n");
        var text = new StringWriter();

        await new OperatorConsole(fleet.Operator, ConsoleOn(text)).TailAsync("paris", "app.log", 1, () => new(false), CancellationToken.None).WaitAsync(FleetApp.Guard);

        text.ToString().ShouldBe("\uFFFD[2J[red]evil[/]" + Environment.NewLine);
    }

    [Fact]
    public async Task The_demonstration_runs_to_its_end()
    {
        var text = new StringWriter();

        await Demo.RunAsync(ConsoleOn(text), CancellationToken.None).WaitAsync(FleetApp.Guard);

        string shown = text.ToString();
        foreach (string expected in (string[])["Microsoft.NETCore.App", "exit code 0", "PermissionDenied", "request 2", "8,388,608 bytes", "InvalidArgument", "paris: delivered"])
        {
            shown.ShouldContain(expected);
        }
    }

    private static IAnsiConsole ConsoleOn(StringWriter text, bool terminal = false) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(text),
        Ansi = terminal ? AnsiSupport.Yes : AnsiSupport.No,
        Interactive = terminal ? InteractionSupport.Yes : InteractionSupport.No,
    });
}

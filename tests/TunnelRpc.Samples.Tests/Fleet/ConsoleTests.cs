using System.Security.Cryptography;
using System.Text.RegularExpressions;
using global::Fleet;
using global::Fleet.Operators;
using Shouldly;
using Spectre.Console;
using Xunit;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>Tests the output of the operator's console.</summary>
public sealed class ConsoleTests
{
    [Fact]
    public async Task List_command_shows_each_agent_with_its_transport()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        var text = new StringWriter();

        await new OperatorConsole(fleet.Operator, ConsoleOn(text)).ListAsync(CancellationToken.None).WaitAsync(FleetApp.Guard);

        text.ToString().ShouldContain("berlin");
        text.ToString().ShouldContain("boston");
        text.ToString().ShouldContain("connect");
    }

    [Fact]
    public async Task Upload_command_shows_progress_up_to_100_percent()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        string file = fleet.FileOf("", "release.bin");
        await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(1_000_000));
        var text = new StringWriter();

        await new OperatorConsole(fleet.Operator, ConsoleOn(text, terminal: true))
            .UploadAsync("paris", file, CancellationToken.None)
            .WaitAsync(FleetApp.Guard);

        text.ToString().ShouldContain("release.bin");
        text.ToString().ShouldContain("100%");
        text.ToString().ShouldContain("paris stored 1,000,000 bytes");
    }

    [Fact]
    public async Task Tail_command_prints_escape_sequence_and_markup_as_text()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        await File.WriteAllTextAsync(fleet.FileOf("paris", "logs", "app.log"), "\u001b[2J[red]evil[/]\n");
        var text = new StringWriter();

        await new OperatorConsole(fleet.Operator, ConsoleOn(text))
            .TailAsync("paris", "app.log", 1, () => new(false), CancellationToken.None)
            .WaitAsync(FleetApp.Guard);

        text.ToString().ShouldBe("\uFFFD[2J[red]evil[/]" + Environment.NewLine);
    }

    [Fact]
    public async Task Demo_shows_the_result_of_every_step()
    {
        var text = new StringWriter();

        await Demo.RunAsync(ConsoleOn(text), CancellationToken.None).WaitAsync(FleetApp.Guard);

        string shown = text.ToString();
        string[] steps =
        [
            "Microsoft.NETCore.App",
            "PermissionDenied: The user of the session may not call",
            "exit code 0",
            "PermissionDenied: berlin does not run that command.",
            "request 2",
            "8,388,608 bytes",
            "InvalidArgument",
            "paris: delivered",
        ];
        foreach (string expected in steps)
        {
            shown.ShouldContain(expected);
        }

        Match refresh = Regex.Match(shown, @"ready\s+token expired at (\S+); the session has one until (\S+)\s+request 1\s+request 2\s");
        refresh.Success.ShouldBeTrue(shown);
        refresh.Groups[2].Value.ShouldNotBe(refresh.Groups[1].Value);
    }

    private static IAnsiConsole ConsoleOn(StringWriter text, bool terminal = false) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(text),
        Ansi = terminal ? AnsiSupport.Yes : AnsiSupport.No,
        Interactive = terminal ? InteractionSupport.Yes : InteractionSupport.No,
    });
}

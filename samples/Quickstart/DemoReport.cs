using System.Text.Json;
using Spectre.Console;
using TunnelRpc.Client.Negotiation;

namespace Quickstart;

/// <summary>Prints what was shown, for people or for programs.</summary>
internal static class DemoReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void PrintTables(IReadOnlyList<DemoRun> runs)
    {
        var table = new Table().Title("[bold]TunnelRpc: one contract, called both ways, over every path[/]").RoundedBorder();
        table.AddColumns("asked for", "used");
        string[] calls = [.. runs.SelectMany(r => r.Steps).Select(s => s.Call).Distinct()];
        foreach (string column in (string[])[.. calls, "round trip"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (DemoRun run in runs)
        {
            string used = run.Report.Winner is { } winner ? $"[green]{Markup.Escape(winner.Transport)}[/]" : "[red]no path[/]";
            IEnumerable<string> cells = calls.Select(call => run.Steps.FirstOrDefault(s => s.Call == call) is { } step ? $"{step.Milliseconds:F2} ms" : "[red]-[/]");
            string roundTrip = run.RoundTripMicroseconds is double micros ? $"[yellow]{micros:F0} µs[/]" : "[red]-[/]";
            table.AddRow([$"[aqua]{Markup.Escape(run.Requested)}[/]", used, .. cells, roundTrip]);
        }

        AnsiConsole.Write(table);
        if (runs.LastOrDefault(r => r.Succeeded) is { } last)
        {
            AnsiConsole.MarkupLine("[bold]What came back[/]");
            foreach (DemoStep step in last.Steps)
            {
                AnsiConsole.MarkupLine($"  {Markup.Escape(step.Call)}: [green]{Markup.Escape(step.Result)}[/]");
            }
        }

        AnsiConsole.MarkupLine("[bold]How each path was found[/]");
        foreach (DemoRun run in runs)
        {
            AnsiConsole.MarkupLine($"[aqua]{Markup.Escape(run.Requested)}[/]: {Markup.Escape(run.Report.ToString())}");
        }
    }

    public static void PrintJson(IReadOnlyList<DemoRun> runs) => Console.WriteLine(JsonSerializer.Serialize(
        new
        {
            succeeded = runs.All(r => r.Succeeded),
            runs = runs.Select(r => new
            {
                requested = r.Requested,
                transport = r.Report.Winner?.Transport,
                connectMs = r.Report.Elapsed.TotalMilliseconds,
                roundTripMicros = r.RoundTripMicroseconds,
                calls = r.Steps.Select(s => new { call = s.Call, result = s.Result, ms = s.Milliseconds }),
                attempts = r.Report.Attempts.Select(ToJson),
            }),
        },
        Indented));

    private static object ToJson(PathAttempt attempt) => new
    {
        transport = attempt.Transport,
        outcome = attempt.Outcome.ToString(),
        status = attempt.HttpStatus,
        elapsedMs = attempt.Elapsed.TotalMilliseconds,
        reason = attempt.Reason,
    };
}

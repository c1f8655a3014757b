using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using TunnelRpc.Client;

namespace Quickstart;

/// <summary>Prints the results as tables, or as JSON for programs.</summary>
internal static class DemoReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void PrintTables(IReadOnlyList<DemoRun> runs)
    {
        var table = new Table().Title("[bold]TunnelRpc: one contract, called both ways, over every path[/]").RoundedBorder();
        table.AddColumn(new TableColumn("transport").NoWrap());
        string[] calls = [.. runs.SelectMany(r => r.Steps).Select(s => s.Call).Distinct()];
        foreach (string column in (string[])[.. calls, "round trip"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (DemoRun run in runs)
        {
            string used = run.Report.Winner is not { } winner ? " [red]no path[/]"
                : winner.Transport == run.Requested ? "" : $": [green]{Markup.Escape(winner.Transport)}[/]";
            IEnumerable<string> cells =
                calls.Select(call => run.Steps.FirstOrDefault(s => s.Call == call) is { } step
                    ? $"{step.Milliseconds:F2} ms"
                    : "[red]-[/]");
            string roundTrip = run.RoundTripMicroseconds is double micros ? $"[yellow]{micros:F0} µs[/]" : "[red]-[/]";
            table.AddRow([$"[aqua]{Markup.Escape(run.Requested)}[/]{used}", .. cells, roundTrip]);
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

    // JsonNode instead of JsonSerializer.Serialize: serializing anonymous objects needs reflection, which trimming removes.
    public static void PrintJson(IReadOnlyList<DemoRun> runs) => Console.WriteLine(new JsonObject
    {
        ["succeeded"] = runs.All(r => r.Succeeded),
        ["runs"] = ToArray(runs, ToJson),
    }.ToJsonString(Indented));

    private static JsonObject ToJson(DemoRun run) => new()
    {
        ["requested"] = run.Requested,
        ["transport"] = run.Report.Winner?.Transport,
        ["connectMs"] = run.Report.Elapsed.TotalMilliseconds,
        ["roundTripMicros"] = run.RoundTripMicroseconds,
        ["calls"] = ToArray(run.Steps, ToJson),
        ["attempts"] = ToArray(run.Report.Attempts, ToJson),
    };

    private static JsonObject ToJson(DemoStep step) => new()
    {
        ["call"] = step.Call,
        ["result"] = step.Result,
        ["ms"] = step.Milliseconds,
    };

    private static JsonObject ToJson(PathAttempt attempt) => new()
    {
        ["transport"] = attempt.Transport,
        ["outcome"] = attempt.Outcome.ToString(),
        ["status"] = attempt.HttpStatus,
        ["elapsedMs"] = attempt.Elapsed.TotalMilliseconds,
        ["reason"] = attempt.Reason,
    };

    private static JsonArray ToArray<T>(IEnumerable<T> items, Func<T, JsonObject> toJson) => new([.. items.Select(toJson)]);
}

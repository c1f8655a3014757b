using System.Text.Json;
using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Running;

/// <summary>One invocation: starts the systems, measures them and prints the results.</summary>
internal sealed class LoadProgram(RunSettings settings, CancellationToken cancellationToken)
{
    /// <summary>The names of the measures; empty for all.</summary>
    public required IReadOnlyList<string> Measures { get; init; }

    /// <summary>The names of the systems; empty for all.</summary>
    public required IReadOnlyList<string> Systems { get; init; }

    public required IReadOnlyList<string> Transports { get; init; }

    public required IReadOnlyList<int> Concurrencies { get; init; }

    public required FileInfo? Json { get; init; }

    /// <summary>Returns the exit code: 0, or 1 if <see cref="HighPriorityCheck"/> fails.</summary>
    public async Task<int> RunAsync()
    {
        var rows = new List<Measurement>(await MeasureTargetsAsync());
        var skipped = new List<string>();
        foreach (IStandaloneMeasure measure in MeasureList.Standalone.Where(m => IsWanted(Measures, m.Name)))
        {
            if (settings.Quick && Measures.Count == 0 && measure.SkippedWhenQuick is { } description)
            {
                skipped.Add(description);
            }
            else
            {
                IReadOnlyList<Measurement> measurements = await measure.RunAsync(settings, cancellationToken);
                RowTable.Print(measurements);
                rows.AddRange(measurements);
            }
        }

        GoalTable.Print(rows);
        bool passes = HighPriorityCheck.Passes(rows);
        PrintSkipped(skipped);
        if (Json is not null)
        {
            string json = JsonSerializer.Serialize(rows, ControlJson.Default.IReadOnlyListMeasurement);
            await File.WriteAllTextAsync(Json.FullName, json, cancellationToken);
        }

        return passes ? 0 : 1;
    }

    private async Task<IReadOnlyList<Measurement>> MeasureTargetsAsync()
    {
        IMeasure[] measures = [.. MeasureList.Create(Concurrencies).Where(m => IsWanted(Measures, m.Name))];
        if (measures.Length == 0)
        {
            return [];
        }

        await using var targets = new TargetSet();
        await targets.StartAsync(IsSystemWanted, Transports, settings.Path, cancellationToken);
        return await new LoadRun(settings, cancellationToken).RunAsync(targets.All, measures);
    }

    private void PrintSkipped(List<string> skipped)
    {
        if (Measures.Count > 0)
        {
            return;
        }

        if (settings.Quick)
        {
            skipped.Add(
                $"HTTP, and transports other than {TunnelTarget.MainTransport}: " +
                $"all except {UnaryMeasure.DefaultConcurrency} concurrent unary calls");
            skipped.Add("connect: most of the obstructed paths");
        }
        else if (settings.Published is null)
        {
            skipped.Add("start: other builds than this one (ReadyToRun, trimmed), because --published is not set");
        }

        if (Systems.Count == 0 && !settings.Peers)
        {
            skipped.Add($"the peers ({string.Join(", ", SystemNames.Peers)}), because --peers is not set");
        }

        Console.WriteLine();
        foreach (string measure in skipped)
        {
            Console.WriteLine($"skipped: {measure}");
        }
    }

    /// <summary>The peers are measured if they are named, or with <see cref="RunSettings.Peers"/>.</summary>
    private bool IsSystemWanted(string system) =>
        IsWanted(Systems, system) && (Systems.Count > 0 || settings.Peers || !SystemNames.Peers.Contains(system));

    private static bool IsWanted(IReadOnlyList<string> names, string name) => names.Count == 0 || names.Contains(name);
}

using System.Text.Json;
using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Running;

/// <summary>One invocation: starts the systems, takes the measures, prints.</summary>
internal sealed class LoadProgram(RunSettings settings, CancellationToken cancellationToken)
{
    /// <summary>Only these; all when empty.</summary>
    public required IReadOnlyList<string> Measures { get; init; }

    /// <summary>Only these; all when empty.</summary>
    public required IReadOnlyList<string> Systems { get; init; }

    public required IReadOnlyList<string> Transports { get; init; }

    public required IReadOnlyList<int> Concurrencies { get; init; }

    public required FileInfo? Json { get; init; }

    /// <summary>Gives the exit code.</summary>
    public async Task<int> RunAsync()
    {
        var rows = new List<Measurement>(await MeasureTargetsAsync());
        var leftOut = new List<string>();
        foreach (IStandaloneMeasure measure in MeasureList.Standalone.Where(m => IsWanted(Measures, m.Name)))
        {
            if (settings.Quick && Measures.Count == 0 && measure.SkippedWhenQuick is { } dear)
            {
                leftOut.Add(dear);
            }
            else
            {
                IReadOnlyList<Measurement> taken = await measure.RunAsync(settings, cancellationToken);
                RowTable.Print(taken);
                rows.AddRange(taken);
            }
        }

        GoalTable.Print(rows);
        bool passes = HighPriorityCheck.Passes(rows);
        PrintLeftOut(leftOut);
        if (Json is not null)
        {
            await File.WriteAllTextAsync(Json.FullName, JsonSerializer.Serialize(rows, ControlJson.Default.IReadOnlyListMeasurement), cancellationToken);
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
        await targets.StartAsync(system => IsWanted(Systems, system), Transports, cancellationToken);
        return await new LoadRun(settings, cancellationToken).RunAsync(targets.All, measures);
    }

    private void PrintLeftOut(List<string> leftOut)
    {
        if (Measures.Count > 0)
        {
            return;
        }

        if (settings.Quick)
        {
            leftOut.Add($"HTTP, and transports other than {TunnelTarget.MainTransport}: all but unary calls, {UnaryMeasure.DefaultConcurrency} at once");
            leftOut.Add("connect: most of the obstructed paths");
        }
        else if (settings.Published is null)
        {
            leftOut.Add("start: other builds than this one (ReadyToRun, trimmed), since --published names none");
        }

        Console.WriteLine();
        foreach (string measure in leftOut)
        {
            Console.WriteLine($"left out: {measure}");
        }
    }

    private static bool IsWanted(IReadOnlyList<string> names, string name) => names.Count == 0 || names.Contains(name);
}

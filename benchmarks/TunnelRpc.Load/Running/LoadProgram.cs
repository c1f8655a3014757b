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
        IReadOnlyList<IMeasure> measures = [.. MeasureList.Create(Concurrencies).Where(m => IsWanted(Measures, m.Name))];
        await using var targets = new TargetSet();
        if (measures.Count > 0 || IsWanted(Measures, ConnectRun.MeasureName))
        {
            await targets.StartAsync(system => IsWanted(Systems, system), Transports, cancellationToken);
        }

        IReadOnlyList<Measurement> rows = await new LoadRun(settings, cancellationToken).RunAsync(targets.All, measures);
        RowTable.Print(rows);
        bool passes = UrgentCheck.Passes(rows);
        if (IsWanted(Measures, ConnectRun.MeasureName) && targets.All.OfType<TunnelTarget>().FirstOrDefault(t => t.IsMain) is { } tunnel)
        {
            ConnectTable.Print(await new ConnectRun(tunnel.Address, settings).RunAsync());
        }

        if (Json is not null)
        {
            await File.WriteAllTextAsync(Json.FullName, JsonSerializer.Serialize(rows, ControlJson.Default.IReadOnlyListMeasurement), cancellationToken);
        }

        return passes ? 0 : 1;
    }

    private static bool IsWanted(IReadOnlyList<string> names, string name) => names.Count == 0 || names.Contains(name);
}

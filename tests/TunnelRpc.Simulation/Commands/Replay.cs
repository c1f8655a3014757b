using TunnelRpc.Simulation.Defects;

namespace TunnelRpc.Simulation.Commands;

/// <summary>The command that replays a run.</summary>
internal static class Replay
{
    public static string Command(ulong seed)
    {
        string defect = Environment.GetEnvironmentVariable(DefectBuild.Variable) is { Length: > 0 } name ? $" --defect {name}" : "";
        return $"dotnet run --project tests/TunnelRpc.Simulation -c Release -- --seed {seed} --trace{defect}";
    }
}

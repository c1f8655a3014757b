using System.Diagnostics;
using System.Reflection;

namespace TunnelRpc.Simulation.Tests;

/// <summary>Runs the simulation as a separate process, with a command line.</summary>
internal static class SimulationProcess
{
    private static readonly string Program = typeof(SimulationProcess).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "Simulation").Value!;

    public static async Task<(int Code, string[] Output)> RunAsync(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        string all = output + await errors;
        return (process.ExitCode, all.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }
}

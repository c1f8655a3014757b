using System.Diagnostics;
using System.Reflection;

namespace TunnelRpc.Simulation.Commands;

/// <summary>Starts .NET programs as child processes.</summary>
internal static class ChildProcess
{
    /// <summary>Prepares to start this program.</summary>
    public static ProcessStartInfo Self(params IEnumerable<string> args) => DotNet([Assembly.GetExecutingAssembly().Location, .. args]);

    public static ProcessStartInfo DotNet(params IEnumerable<string> args) => new("dotnet", args) { RedirectStandardOutput = true };

    /// <summary>Runs a process, passes each line of its output to <paramref name="onLine"/>, and returns its exit code.</summary>
    public static async Task<int> RunAsync(ProcessStartInfo start, Action<string> onLine)
    {
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            onLine(line);
        }

        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode;
    }
}

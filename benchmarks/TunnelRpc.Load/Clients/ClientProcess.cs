using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Clients;

/// <summary>Runs a client in a child process and measures it from its start.</summary>
internal static class ClientProcess
{
    /// <summary>
    /// Returns the time from the start of the process to its first reply, and the figures of the <paramref name="duration"/> after it. The
    /// figures are null if <paramref name="duration"/> is zero.
    /// </summary>
    public static async Task<(double FirstReplyMilliseconds, Figures? Figures)> RunAsync(
        string? program, string system, int port, TimeSpan duration, CancellationToken cancellationToken)
    {
        long startTimestamp = Stopwatch.GetTimestamp();
        using Process process = OwnProgram.Start(
            program,
            "--client",
            system,
            port.ToString(CultureInfo.InvariantCulture),
            duration.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        try
        {
            await ReadAsync();
            double milliseconds = Stopwatch.GetElapsedTime(startTimestamp).TotalMilliseconds;
            Figures? figures = duration > TimeSpan.Zero ? JsonSerializer.Deserialize(await ReadAsync(), ControlJson.Default.Figures) : null;
            await process.WaitForExitAsync(cancellationToken);
            return (milliseconds, figures);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        async Task<string> ReadAsync() => await process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException($"Expected a line of output from the client of {system}, but its process has ended.");
    }
}

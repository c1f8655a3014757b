using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Clients;

/// <summary>A client in a child process, from its start on.</summary>
internal static class ClientProcess
{
    /// <summary>How long it takes to its first reply, and what it reaches in <paramref name="duration"/> from then on; null when that is zero.</summary>
    public static async Task<(double FirstReplyMilliseconds, Figures? Reached)> RunAsync(
        string? program, string system, int port, TimeSpan duration, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        using Process process = OwnProgram.Start(
            program, "--client", system, port.ToString(CultureInfo.InvariantCulture), duration.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        try
        {
            await ReadAsync();
            double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            Figures? reached = duration > TimeSpan.Zero ? JsonSerializer.Deserialize(await ReadAsync(), ControlJson.Default.Figures) : null;
            await process.WaitForExitAsync(cancellationToken);
            return (milliseconds, reached);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        async Task<string> ReadAsync() => await process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException($"Expected a line of {system}'s client, which has ended.");
    }
}

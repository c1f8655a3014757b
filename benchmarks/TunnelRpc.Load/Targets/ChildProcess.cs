using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace TunnelRpc.Load.Targets;

/// <summary>
/// A process that first prints a line with its ports, and then one line for each line of input. It ends when its input closes, which is at
/// the latest when this process ends. One command at a time.
/// </summary>
/// <param name="process">The process; owned.</param>
/// <param name="name">What it is, for errors.</param>
internal class ChildProcess(Process process, string name) : IAsyncDisposable
{
    /// <summary>The time that a process has to exit before it is killed.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Sends a command and returns its response.</summary>
    public async Task<string> SendAsync(string command)
    {
        await process.StandardInput.WriteLineAsync(command);
        return await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException($"Expected the response to '{command}' from {name}, but its process has ended.");
    }

    /// <summary>Sends a command and returns its response, which is JSON.</summary>
    public async Task<T> SendAsync<T>(string command, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(await SendAsync(command), type)!;

    /// <summary>Kills the process, as a crash does.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        process.StandardInput.Close();
        using (var timeout = new CancellationTokenSource(ShutdownTimeout))
        {
            try
            {
                await process.WaitForExitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                // The measurement has ended, so the pending work of the process is not needed.
                process.Kill();
            }
        }

        process.Dispose();
    }

    /// <summary>Reads the first line of a process. If there is none, disposes the process.</summary>
    protected static async Task<int[]> ReadPortsAsync(Process process, string name)
    {
        if (await process.StandardOutput.ReadLineAsync() is { } ports)
        {
            return [.. ports.Split(' ').Select(port => int.Parse(port, CultureInfo.InvariantCulture))];
        }

        process.Dispose();
        throw new InvalidOperationException($"Expected the ports of {name}, but its process ended before it listened.");
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

namespace TunnelRpc.Load.Targets;

/// <summary>A server in a child process, which ends with its input, so at the latest with this process.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>How long a server may take to end.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly string _system;

    private ServerProcess(Process process, string system, int[] ports)
    {
        _process = process;
        _system = system;
        Ports = ports;
    }

    /// <summary>Where it listens on 127.0.0.1.</summary>
    public int[] Ports { get; }

    public static async Task<ServerProcess> StartAsync(string system, string? published = null)
    {
        Process process = OwnProgram.Start(published, "--serve", system);
        try
        {
            string ports = await process.StandardOutput.ReadLineAsync()
                ?? throw new InvalidOperationException($"Expected the ports of {system}'s server, which ended before it listened.");
            return new ServerProcess(process, system, [.. ports.Split(' ').Select(p => int.Parse(p, CultureInfo.InvariantCulture))]);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>What it has used so far.</summary>
    public async Task<Usage> UsageAsync() => JsonSerializer.Deserialize(await SendCommandAsync(ServerProgram.UsageCommand), ControlJson.Default.Usage)!;

    /// <summary>Bytes of memory that it holds, with nothing left to collect.</summary>
    public async Task<long> MemoryAsync() => long.Parse(await SendCommandAsync(ServerProgram.MemoryCommand), CultureInfo.InvariantCulture);

    /// <summary>Makes it call its client.</summary>
    public async Task<Figures> CallBackAsync(int concurrency, TimeSpan duration)
    {
        string command = string.Create(CultureInfo.InvariantCulture, $"{ServerProgram.CallBackCommand} {concurrency} {duration.TotalMilliseconds:0}");
        return JsonSerializer.Deserialize(await SendCommandAsync(command), ControlJson.Default.Figures)!;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using (var patience = new CancellationTokenSource(ShutdownTimeout))
        {
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                // What it still waits for concerns nobody any more.
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private async Task<string> SendCommandAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"Expected an answer to '{command}' of {_system}'s server, which has ended.");
    }
}

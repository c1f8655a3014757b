using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

namespace TunnelRpc.Load.Targets;

/// <summary>A server in a child process. It ends when its input closes, which is at the latest when this process ends.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>The time that a server has to exit before it is killed.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly string _system;

    // Set once, after the start: the relay that clients connect to.
    private Process? _relay;

    private ServerProcess(Process process, string system, int[] ports)
    {
        _process = process;
        _system = system;
        Ports = ports;
    }

    /// <summary>The ports on 127.0.0.1 at which clients reach the server.</summary>
    public int[] Ports { get; private set; }

    /// <summary>Starts a server that clients reach over a path; null for loopback.</summary>
    public static async Task<ServerProcess> StartAsync(string system, PathSettings? path)
    {
        ServerProcess server = await StartAsync(system);
        if (path is not null)
        {
            server._relay = OwnProgram.Start(
                null,
                ["--relay", .. path.ToArguments(), .. server.Ports.Select(port => port.ToString(CultureInfo.InvariantCulture))]);
            server.Ports = await ReadPortsAsync(server._relay, "relay");
        }

        return server;
    }

    public static async Task<ServerProcess> StartAsync(string system, string? published = null, params IReadOnlyList<int> ports)
    {
        Process process = OwnProgram.Start(
            published, ["--serve", system, .. ports.Select(port => port.ToString(CultureInfo.InvariantCulture))]);
        try
        {
            return new ServerProcess(process, system, await ReadPortsAsync(process, system));
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Returns the resources that the server has used since its start.</summary>
    public async Task<Usage> UsageAsync() =>
        JsonSerializer.Deserialize(await SendCommandAsync(ServerProgram.UsageCommand), ControlJson.Default.Usage)!;

    /// <summary>Returns the memory of the server (working set) in bytes, after garbage collections.</summary>
    public async Task<long> MemoryAsync() =>
        long.Parse(await SendCommandAsync(ServerProgram.MemoryCommand), CultureInfo.InvariantCulture);

    /// <summary>Returns the largest memory of the server since its start (resident set) in bytes.</summary>
    public async Task<long> PeakMemoryAsync() =>
        long.Parse(await SendCommandAsync(ServerProgram.PeakMemoryCommand), CultureInfo.InvariantCulture);

    /// <summary>Returns what the server accounts for its sessions and what its process holds, after garbage collections.</summary>
    public async Task<HeldMemory> HeldMemoryAsync() =>
        JsonSerializer.Deserialize(await SendCommandAsync(ServerProgram.HeldCommand), ControlJson.Default.HeldMemory)!;

    /// <summary>Kills the process, as a crash does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Makes the server call its client.</summary>
    public async Task<Figures> CallBackAsync(int concurrency, TimeSpan duration)
    {
        string command = string.Create(
            CultureInfo.InvariantCulture, $"{ServerProgram.CallBackCommand} {concurrency} {duration.TotalMilliseconds:0}");
        return JsonSerializer.Deserialize(await SendCommandAsync(command), ControlJson.Default.Figures)!;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync(_process);
        if (_relay is not null)
        {
            await EndAsync(_relay);
        }
    }

    private static async Task EndAsync(Process process)
    {
        process.StandardInput.Close();
        using (var timeout = new CancellationTokenSource(ShutdownTimeout))
        {
            try
            {
                await process.WaitForExitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                // The measurement has ended, so the pending work of the server is not needed.
                process.Kill();
            }
        }

        process.Dispose();
    }

    private static async Task<int[]> ReadPortsAsync(Process process, string name)
    {
        string listening = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException($"Expected the ports of {name}, but its process ended before it listened.");
        return [.. listening.Split(' ').Select(p => int.Parse(p, CultureInfo.InvariantCulture))];
    }

    private async Task<string> SendCommandAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException(
            $"Expected the response to '{command}' from the server of {_system}, but its process has ended.");
    }
}

using System.Diagnostics;
using System.Globalization;
using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Servers;

namespace TunnelRpc.Load.Targets;

/// <summary>The server of a system in a child process, and the relay in front of it.</summary>
internal sealed class ServerProcess : ChildProcess
{
    // Set once, after the start: the relay that clients connect to.
    private ChildProcess? _relay;

    private ServerProcess(Process process, string system, int[] ports)
        : base(process, $"the server of {system}") => Ports = ports;

    /// <summary>The ports on 127.0.0.1 at which clients reach the server.</summary>
    public int[] Ports { get; private set; }

    /// <summary>Starts a server that clients reach over a path; null for loopback.</summary>
    /// <param name="system">The name of the system.</param>
    /// <param name="path">The path.</param>
    /// <param name="program">The path of another program; null for this one.</param>
    public static async Task<ServerProcess> StartAsync(string system, PathSettings? path, string? program = null)
    {
        ServerProcess server = await StartAsync(system, program);
        if (path is not null)
        {
            Process relay = OwnProgram.Start(
                null,
                ["--relay", .. path.ToArguments(), .. server.Ports.Select(port => port.ToString(CultureInfo.InvariantCulture))]);
            server._relay = new ChildProcess(relay, "the relay");
            server.Ports = await ReadPortsAsync(relay, "the relay");
        }

        return server;
    }

    /// <summary>Starts a server on loopback.</summary>
    /// <param name="system">The name of the system.</param>
    /// <param name="published">The path of another build of this program, or of another program; null for this build.</param>
    /// <param name="ports">The ports of an earlier process; empty for free ones.</param>
    public static async Task<ServerProcess> StartAsync(string system, string? published = null, params IReadOnlyList<int> ports)
    {
        Process process = OwnProgram.Start(
            published, ["--serve", system, .. ports.Select(port => port.ToString(CultureInfo.InvariantCulture))]);
        return new ServerProcess(process, system, await ReadPortsAsync(process, $"the server of {system}"));
    }

    /// <summary>Returns the resources that the server has used since its start.</summary>
    public Task<Usage> UsageAsync() => SendAsync(ServerProgram.UsageCommand, ControlJson.Default.Usage);

    /// <summary>Returns the memory of the server (working set) in bytes, after garbage collections.</summary>
    public async Task<long> MemoryAsync() => long.Parse(await SendAsync(ServerProgram.MemoryCommand), CultureInfo.InvariantCulture);

    /// <summary>Returns the largest memory of the server since its start (resident set) in bytes.</summary>
    public async Task<long> PeakMemoryAsync() => long.Parse(await SendAsync(ServerProgram.PeakMemoryCommand), CultureInfo.InvariantCulture);

    /// <summary>Returns what the server accounts for its sessions and what its process holds, after garbage collections.</summary>
    public Task<HeldMemory> HeldMemoryAsync() => SendAsync(ServerProgram.HeldCommand, ControlJson.Default.HeldMemory);

    /// <summary>Makes the server call its client.</summary>
    public Task<Figures> CallBackAsync(int concurrency, TimeSpan duration) => SendAsync(
        string.Create(CultureInfo.InvariantCulture, $"{ServerProgram.CallBackCommand} {concurrency} {duration.TotalMilliseconds:0}"),
        ControlJson.Default.Figures);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_relay is not null)
        {
            await _relay.DisposeAsync();
        }
    }
}

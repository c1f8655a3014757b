using System.Diagnostics;
using System.Globalization;

namespace TunnelRpc.Load.Targets;

/// <summary>The client of a peer, which obeys <see cref="PeerCommands"/>.</summary>
internal sealed class PeerClientProcess : ChildProcess
{
    private PeerClientProcess(Process process, string system)
        : base(process, $"the client of {system}")
    {
    }

    /// <summary>Starts a client, and returns when its first call has completed.</summary>
    public static async Task<PeerClientProcess> StartAsync(string program, string system, int port)
    {
        Process process = OwnProgram.Start(program, "--client", system, port.ToString(CultureInfo.InvariantCulture));
        await ReadPortsAsync(process, $"the client of {system}");
        return new PeerClientProcess(process, system);
    }
}

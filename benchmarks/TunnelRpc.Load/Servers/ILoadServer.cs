using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>The server of a system in a child process.</summary>
internal interface ILoadServer : IAsyncDisposable
{
    /// <summary>Starts listening and returns the ports on 127.0.0.1.</summary>
    /// <param name="fixedPorts">The ports of an earlier process, for a server that restarts; empty for free ones.</param>
    Task<int[]> StartAsync(params IReadOnlyList<int> fixedPorts);

    /// <summary>The bytes that the server accounts for its sessions; 0 if it accounts nothing.</summary>
    long CountedBytes => 0;

    /// <summary>Calls the connected client.</summary>
    Task<Figures> CallBackAsync(int concurrency, TimeSpan duration);
}

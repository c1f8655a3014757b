using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Servers;

/// <summary>What answers in a child process.</summary>
internal interface ILoadServer : IAsyncDisposable
{
    /// <summary>Listens; gives its ports on 127.0.0.1.</summary>
    Task<int[]> StartAsync();

    /// <summary>Calls its one client.</summary>
    Task<Figures> CallBackAsync(int concurrency, TimeSpan duration);
}

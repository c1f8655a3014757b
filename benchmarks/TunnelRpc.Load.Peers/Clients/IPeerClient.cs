using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Peers.Clients;

/// <summary>The client of one system: one connection, and the calls that are measured.</summary>
internal interface IPeerClient : IAsyncDisposable
{
    /// <summary>Echoes an object once.</summary>
    Task CallAsync();

    /// <summary>Echoes an object in concurrent workers.</summary>
    Task<Figures> CallAsync(int concurrency, TimeSpan duration);

    /// <summary>Receives items that the server sends for some time, and returns their number.</summary>
    Task<long> DownloadItemsAsync(TimeSpan duration);

    /// <summary>Sends items for some time, and returns how many the server has received.</summary>
    Task<long> UploadItemsAsync(TimeSpan duration);

    /// <summary>Receives <see cref="Blocks.Bytes"/> from the server.</summary>
    Task DownloadBytesAsync();

    /// <summary>Sends <see cref="Blocks.Bytes"/> to the server.</summary>
    Task UploadBytesAsync();
}

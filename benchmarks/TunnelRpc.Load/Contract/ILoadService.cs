namespace TunnelRpc.Load.Contract;

/// <summary>The measured contract. Both sides serve it.</summary>
[TunnelService(Callback = typeof(ILoadService))]
public partial interface ILoadService
{
    ValueTask<Sample> EchoAsync(Sample sample, CancellationToken cancellationToken = default);

    /// <summary>Returns the bytes.</summary>
    Task<byte[]> EchoBytesAsync(byte[] bytes, CancellationToken cancellationToken = default);

    /// <summary>Sends items for <paramref name="milliseconds"/>.</summary>
    IAsyncEnumerable<Sample> DownloadItemsAsync(int milliseconds, CancellationToken cancellationToken = default);

    /// <summary>Consumes the items and returns their number.</summary>
    Task<long> UploadItemsAsync(IAsyncEnumerable<Sample> items, CancellationToken cancellationToken = default);

    /// <summary>Sends each item back.</summary>
    IAsyncEnumerable<Sample> EchoItemsAsync(IAsyncEnumerable<Sample> items, CancellationToken cancellationToken = default);

    /// <summary>Consumes the blocks and returns the number of their bytes.</summary>
    Task<long> UploadAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken = default);

    /// <summary>Sends <paramref name="blocks"/> blocks of <paramref name="size"/> bytes.</summary>
    IAsyncEnumerable<byte[]> DownloadAsync(int blocks, int size, CancellationToken cancellationToken = default);
}

namespace TunnelRpc.Load.Contract;

/// <summary>The measured contract; both sides serve it.</summary>
[TunnelService(Callback = typeof(ILoadService))]
public partial interface ILoadService
{
    ValueTask<Sample> EchoAsync(Sample sample, CancellationToken cancellationToken = default);

    /// <summary>Items for so long.</summary>
    IAsyncEnumerable<Sample> DownloadItemsAsync(int milliseconds, CancellationToken cancellationToken = default);

    /// <summary>Takes items and gives how many they were.</summary>
    Task<long> UploadItemsAsync(IAsyncEnumerable<Sample> items, CancellationToken cancellationToken = default);

    /// <summary>Answers each item by one.</summary>
    IAsyncEnumerable<Sample> EchoItemsAsync(IAsyncEnumerable<Sample> items, CancellationToken cancellationToken = default);

    /// <summary>Takes blocks and gives how many bytes they had.</summary>
    Task<long> UploadAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken = default);

    /// <summary>So many blocks of so many bytes.</summary>
    IAsyncEnumerable<byte[]> DownloadAsync(int blocks, int size, CancellationToken cancellationToken = default);
}

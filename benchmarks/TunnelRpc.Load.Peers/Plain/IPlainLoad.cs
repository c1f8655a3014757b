namespace TunnelRpc.Load.Peers.Plain;

/// <summary>The measured contract, as README writes one.</summary>
[TunnelService(Callback = typeof(IPlainClient))]
public partial interface IPlainLoad
{
    Task<PlainSample> EchoAsync(PlainSample sample, CancellationToken cancellationToken = default);

    IAsyncEnumerable<PlainSample> DownloadItemsAsync(int milliseconds, CancellationToken cancellationToken = default);

    Task<long> UploadItemsAsync(IAsyncEnumerable<PlainSample> items, CancellationToken cancellationToken = default);

    IAsyncEnumerable<byte[]> DownloadAsync(CancellationToken cancellationToken = default);

    Task<long> UploadAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken = default);
}

using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Peers.Plain;

/// <summary>The implementation: one object and one scope for each call.</summary>
internal sealed class PlainLoad : IPlainLoad
{
    public Task<PlainSample> EchoAsync(PlainSample sample, CancellationToken cancellationToken) => Task.FromResult(sample);

    public IAsyncEnumerable<PlainSample> DownloadItemsAsync(int milliseconds, CancellationToken cancellationToken) =>
        Items.Of(PlainSample.One, TimeSpan.FromMilliseconds(milliseconds));

    public Task<long> UploadItemsAsync(IAsyncEnumerable<PlainSample> items, CancellationToken cancellationToken) => Items.CountAsync(items);

    public IAsyncEnumerable<byte[]> DownloadAsync(CancellationToken cancellationToken) => Blocks.Of(Blocks.Count, Blocks.Size);

    public Task<long> UploadAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken) => Items.CountAsync(blocks);
}

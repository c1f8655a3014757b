using StreamJsonRpc;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Peers.Contract;

namespace TunnelRpc.Load.Peers.StreamRpc;

/// <summary>The implementation on both sides.</summary>
public sealed class JsonRpcLoad : IJsonRpcLoad
{
    // By default each item is a request of its own.
    private static readonly JsonRpcEnumerableSettings ItemSettings = new() { MinBatchSize = 100, MaxReadAhead = 1000 };
    private static readonly JsonRpcEnumerableSettings BlockSettings = new() { MinBatchSize = 4, MaxReadAhead = 16 };

    public static IAsyncEnumerable<PeerSample> ItemsFor(TimeSpan duration) =>
        Items.Of(PeerSample.One, duration).WithJsonRpcSettings(ItemSettings);

    public static IAsyncEnumerable<byte[]> AllBlocks() => Blocks.Of(Blocks.Count, Blocks.Size).WithJsonRpcSettings(BlockSettings);

    public Task<PeerSample> EchoAsync(PeerSample sample) => Task.FromResult(sample);

    public IAsyncEnumerable<PeerSample> DownloadItemsAsync(int milliseconds) => ItemsFor(TimeSpan.FromMilliseconds(milliseconds));

    public Task<long> UploadItemsAsync(IAsyncEnumerable<PeerSample> items) => Items.CountAsync(items);

    public IAsyncEnumerable<byte[]> DownloadAsync() => AllBlocks();

    public Task<long> UploadAsync(IAsyncEnumerable<byte[]> blocks) => Items.CountAsync(blocks);
}

namespace TunnelRpc.Chaos.Contract;

/// <summary>What both sides serve to each other.</summary>
[TunnelService]
public partial interface IChaosPeer
{
    /// <summary>Is recorded under its number, and answers with what only this number and payload give.</summary>
    Task<byte[]> CountAsync(long number, byte[] payload, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="CountAsync"/>, but may run again.</summary>
    [Idempotent]
    Task<byte[]> CountIdempotentAsync(long number, byte[] payload, CancellationToken cancellationToken = default);

    /// <summary>Blocks that follow from the seed.</summary>
    IAsyncEnumerable<byte[]> DownloadAsync(int seed, int length, CancellationToken cancellationToken = default);

    /// <summary>What has come, all of it.</summary>
    Task<StreamDigest> UploadAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken = default);

    /// <summary>Each block, backwards.</summary>
    IAsyncEnumerable<byte[]> ExchangeAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken = default);

    /// <summary>The bytes of <see cref="DownloadAsync"/>, as a stream.</summary>
    Task<Stream> OpenAsync(int seed, int length, CancellationToken cancellationToken = default);
}

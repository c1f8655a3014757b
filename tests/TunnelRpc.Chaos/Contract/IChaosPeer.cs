namespace TunnelRpc.Chaos.Contract;

/// <summary>The service that both sides serve to each other.</summary>
[TunnelService]
public partial interface IChaosPeer
{
    /// <summary>Records the call under its number; returns the reply that only this number and payload have.</summary>
    Task<byte[]> CountAsync(long number, byte[] payload, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="CountAsync"/>, but idempotent: the client may retry it.</summary>
    [Idempotent]
    Task<byte[]> CountIdempotentAsync(long number, byte[] payload, CancellationToken cancellationToken = default);

    /// <summary>Returns the blocks that the seed determines.</summary>
    IAsyncEnumerable<byte[]> DownloadAsync(int seed, int length, CancellationToken cancellationToken = default);

    /// <summary>Returns the digest of all received blocks.</summary>
    Task<StreamDigest> UploadAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken = default);

    /// <summary>Returns each block reversed.</summary>
    IAsyncEnumerable<byte[]> ExchangeAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken = default);

    /// <summary>Returns the bytes of <see cref="DownloadAsync"/> as a stream.</summary>
    Task<Stream> OpenAsync(int seed, int length, CancellationToken cancellationToken = default);
}

namespace TunnelRpc.Lab;

/// <summary>The service of the lab's server.</summary>
[TunnelService(Callback = typeof(ILabClient))]
public partial interface ILabService
{
    Task<string> EchoAsync(string text, CancellationToken cancellationToken = default);

    Task<byte[]> EchoBytesAsync(byte[] bytes, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> CountAsync(int count, CancellationToken cancellationToken = default);

    /// <summary>Returns the SHA-256 hash of all blocks.</summary>
    Task<byte[]> DigestAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken = default);

    /// <summary>Returns the bytes that the seed determines, in blocks.</summary>
    IAsyncEnumerable<byte[]> DownloadAsync(int seed, int length, CancellationToken cancellationToken = default);

    Task<string> CallBackAsync(string text, CancellationToken cancellationToken = default);

    Task<byte[]> CallBackBytesAsync(byte[] bytes, CancellationToken cancellationToken = default);
}

using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace TunnelRpc.Lab;

internal sealed class LabService(ITunnelCaller<ILabClient> caller) : ILabService
{
    public Task<string> EchoAsync(string text, CancellationToken cancellationToken) => Task.FromResult(text);

    public Task<byte[]> EchoBytesAsync(byte[] bytes, CancellationToken cancellationToken) => Task.FromResult(bytes);

    public async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    public async Task<byte[]> DigestAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await foreach (byte[] block in blocks.WithCancellation(cancellationToken))
        {
            hash.AppendData(block);
        }

        return hash.GetHashAndReset();
    }

    public IAsyncEnumerable<byte[]> DownloadAsync(int seed, int length, CancellationToken cancellationToken) =>
        Workload.BlocksAsync(seed, length);

    public Task<string> CallBackAsync(string text, CancellationToken cancellationToken) =>
        caller.Callback.ShoutAsync(text, cancellationToken);

    public Task<byte[]> CallBackBytesAsync(byte[] bytes, CancellationToken cancellationToken) =>
        caller.Callback.ReverseAsync(bytes, cancellationToken);
}

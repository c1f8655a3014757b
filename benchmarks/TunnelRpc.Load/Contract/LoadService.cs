using System.Runtime.CompilerServices;

namespace TunnelRpc.Load.Contract;

/// <summary>The implementation on both sides. It does not use the call context, so no context is created for it.</summary>
[NoCallContext]
internal sealed class LoadService : ILoadService
{
    public ValueTask<Sample> EchoAsync(Sample sample, CancellationToken cancellationToken) => new(sample);

    public Task<byte[]> EchoBytesAsync(byte[] bytes, CancellationToken cancellationToken) => Task.FromResult(bytes);

    public IAsyncEnumerable<Sample> DownloadItemsAsync(int milliseconds, CancellationToken cancellationToken) =>
        Items.For(TimeSpan.FromMilliseconds(milliseconds));

    public async Task<long> UploadItemsAsync(IAsyncEnumerable<Sample> items, CancellationToken cancellationToken)
    {
        long count = 0;
        await foreach (Sample item in items.WithCancellation(cancellationToken))
        {
            count++;
        }

        return count;
    }

    public async IAsyncEnumerable<Sample> EchoItemsAsync(
        IAsyncEnumerable<Sample> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (Sample item in items.WithCancellation(cancellationToken))
        {
            yield return item;
        }
    }

    public async Task<long> UploadAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken)
    {
        long bytes = 0;
        await foreach (byte[] block in blocks.WithCancellation(cancellationToken))
        {
            bytes += block.Length;
        }

        return bytes;
    }

    public IAsyncEnumerable<byte[]> DownloadAsync(int blocks, int size, CancellationToken cancellationToken) => Blocks.Of(blocks, size);
}

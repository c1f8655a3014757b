namespace TunnelRpc.Load;

/// <summary>Echoes; on the server also calls back.</summary>
internal sealed class LoadService(Func<ILoadService>? client) : ILoadService
{
    public ValueTask<Sample> EchoAsync(Sample sample, CancellationToken cancellationToken) => new(sample);

    public async Task<long> SwallowAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken)
    {
        long bytes = 0;
        await foreach (byte[] block in blocks.WithCancellation(cancellationToken))
        {
            bytes += block.Length;
        }

        return bytes;
    }

    public IAsyncEnumerable<byte[]> PourAsync(int blocks, int size, CancellationToken cancellationToken) => Bulk.Blocks(blocks, size);

    public Task<Figures> CallBackAsync(int concurrency, int milliseconds, CancellationToken cancellationToken)
    {
        ILoadService callback = client?.Invoke() ?? throw new InvalidOperationException("Only the server calls back.");
        return CallLoop.RunAsync(() => callback.EchoAsync(Sample.One, CancellationToken.None), concurrency, TimeSpan.FromMilliseconds(milliseconds));
    }
}

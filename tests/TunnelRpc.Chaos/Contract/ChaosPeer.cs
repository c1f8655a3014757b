using System.Runtime.CompilerServices;

namespace TunnelRpc.Chaos.Contract;

/// <summary>The service of either side.</summary>
internal sealed class ChaosPeer(ILedger ledger) : IChaosPeer
{
    public Task<byte[]> CountAsync(long number, byte[] payload, CancellationToken cancellationToken)
    {
        ledger.Record(number, isIdempotent: false);
        return Task.FromResult(Replies.For(number, payload));
    }

    public Task<byte[]> CountIdempotentAsync(long number, byte[] payload, CancellationToken cancellationToken)
    {
        ledger.Record(number, isIdempotent: true);
        return Task.FromResult(Replies.For(number, payload));
    }

    public IAsyncEnumerable<byte[]> DownloadAsync(int seed, int length, CancellationToken cancellationToken) =>
        Blocks.OfAsync(seed, length);

    public async Task<StreamDigest> UploadAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken)
    {
        using var digester = new StreamDigester();
        await foreach (byte[] block in blocks.WithCancellation(cancellationToken))
        {
            digester.Add(block);
        }

        return digester.End();
    }

    public async IAsyncEnumerable<byte[]> ExchangeAsync(
        IAsyncEnumerable<byte[]> blocks, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (byte[] block in blocks.WithCancellation(cancellationToken))
        {
            yield return Blocks.Reverse(block);
        }
    }

    public Task<Stream> OpenAsync(int seed, int length, CancellationToken cancellationToken) =>
        Task.FromResult(Blocks.Open(seed, length));
}

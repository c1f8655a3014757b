using System.Runtime.CompilerServices;

namespace TunnelRpc.Chaos.Contract;

/// <summary>Serves either side.</summary>
internal sealed class ChaosPeer(ILedger ledger) : IChaosPeer
{
    public Task<byte[]> CountAsync(long number, byte[] payload, CancellationToken cancellationToken)
    {
        ledger.Record(number, mayRunAgain: false);
        return Task.FromResult(Answers.To(number, payload));
    }

    public Task<byte[]> CountAgainAsync(long number, byte[] payload, CancellationToken cancellationToken)
    {
        ledger.Record(number, mayRunAgain: true);
        return Task.FromResult(Answers.To(number, payload));
    }

    public IAsyncEnumerable<byte[]> DownloadAsync(int seed, int length, CancellationToken cancellationToken) => Blocks.OfAsync(seed, length);

    public async Task<StreamSum> UploadAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken)
    {
        using var summer = new StreamSummer();
        await foreach (byte[] block in blocks.WithCancellation(cancellationToken))
        {
            summer.Add(block);
        }

        return summer.End();
    }

    public async IAsyncEnumerable<byte[]> ExchangeAsync(IAsyncEnumerable<byte[]> blocks, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (byte[] block in blocks.WithCancellation(cancellationToken))
        {
            yield return Blocks.Backwards(block);
        }
    }

    public Task<Stream> OpenAsync(int seed, int length, CancellationToken cancellationToken) => Task.FromResult(Blocks.Open(seed, length));
}

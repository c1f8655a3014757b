using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Load;

/// <summary>Lanes, each of which has one stream after the other, of every kind, until it is stopped; each stream is compared with what it must be.</summary>
internal sealed class NumberedStreams(IChaosPeer peer, LoadErrors faults, int purpose)
{
    private const int MinBytes = 2_000;
    private const int MaxBytes = 200_000;

    private long _started;
    private long _completed;
    private long _bytes;

    public long Started => Volatile.Read(ref _started);

    public long Completed => Volatile.Read(ref _completed);

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Completes, without an exception, when <paramref name="stopping"/> is cancelled and every stream that had begun has ended.</summary>
    public Task RunAsync(int lanes, CancellationToken stopping) =>
        Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => Task.Run(() => StreamAsync(lane, ChaosRun.CreateRandom((purpose * 1000) + 500 + lane), stopping), CancellationToken.None)));

    private async Task StreamAsync(int lane, Random random, CancellationToken stopping)
    {
        for (int turn = lane; !stopping.IsCancellationRequested && !faults.HasAny; turn++)
        {
            int seed = random.Next();
            Interlocked.Increment(ref _started);
            int length = random.Next(MinBytes, MaxBytes);
            try
            {
                (StreamDigest expected, StreamDigest got) = (turn % 4) switch
                {
                    0 => (Blocks.Sum(seed, length), await SumAsync(peer.DownloadAsync(seed, length, CancellationToken.None))),
                    1 => (Blocks.Sum(seed, length), await peer.UploadAsync(Blocks.OfAsync(seed, length), CancellationToken.None)),
                    2 => (Blocks.Sum(seed, length, Blocks.Reverse), await SumAsync(peer.ExchangeAsync(Blocks.OfAsync(seed, length), CancellationToken.None))),
                    _ => (Blocks.Sum(seed, length) with { Items = 1 }, await ReadAsync(seed, length)),
                };
                Interlocked.Increment(ref _completed);
                Interlocked.Add(ref _bytes, length);
                if (!got.Matches(expected))
                {
                    faults.Add($"a stream of kind {turn % 4} came to {got} instead of {expected}");
                }
            }
            catch (Exception error)
            {
                // Whatever it is, the stream was lost: that fails the test.
                faults.Add($"a stream of kind {turn % 4} with {length} bytes failed: {error.Message}");
            }
        }
    }

    private static async Task<StreamDigest> SumAsync(IAsyncEnumerable<byte[]> blocks)
    {
        using var summer = new StreamDigester();
        await foreach (byte[] block in blocks)
        {
            summer.Add(block);
        }

        return summer.End();
    }

    private async Task<StreamDigest> ReadAsync(int seed, int length)
    {
        using var summer = new StreamDigester();
        var all = new MemoryStream(length);
        await using (Stream stream = await peer.OpenAsync(seed, length, CancellationToken.None))
        {
            await stream.CopyToAsync(all, CancellationToken.None);
        }

        summer.Add(all.GetBuffer().AsSpan(0, (int)all.Length));
        return summer.End();
    }
}

using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Load;

/// <summary>
/// Lanes, each of which runs streams of every kind sequentially until it is stopped. The digest of each stream is checked.
/// </summary>
internal sealed class NumberedStreams(IChaosPeer peer, LoadErrors errors, int purpose)
{
    private const int MinBytes = 2_000;
    private const int MaxBytes = 200_000;

    private long _started;
    private long _completed;
    private long _bytes;

    public long Started => Volatile.Read(ref _started);

    public long Completed => Volatile.Read(ref _completed);

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Completes without an exception after <paramref name="stopping"/> is cancelled and every started stream has ended.</summary>
    public Task RunAsync(int lanes, CancellationToken stopping) =>
        Task.WhenAll(Enumerable.Range(0, lanes).Select(lane => Task.Run(
            () => StreamAsync(lane, ChaosRun.CreateRandom((purpose * 1000) + 500 + lane), stopping), CancellationToken.None)));

    private async Task StreamAsync(int lane, Random random, CancellationToken stopping)
    {
        for (int index = lane; !stopping.IsCancellationRequested && !errors.HasAny; index++)
        {
            int seed = random.Next();
            Interlocked.Increment(ref _started);
            int length = random.Next(MinBytes, MaxBytes);
            try
            {
                (StreamDigest expected, StreamDigest got) = (index % 4) switch
                {
                    0 => (Blocks.ComputeDigest(seed, length),
                        await ComputeDigestAsync(peer.DownloadAsync(seed, length, CancellationToken.None))),
                    1 => (Blocks.ComputeDigest(seed, length), await peer.UploadAsync(Blocks.OfAsync(seed, length), CancellationToken.None)),
                    2 => (Blocks.ComputeDigest(seed, length, Blocks.Reverse),
                        await ComputeDigestAsync(peer.ExchangeAsync(Blocks.OfAsync(seed, length), CancellationToken.None))),
                    _ => (Blocks.ComputeDigest(seed, length) with { Items = 1 }, await ReadAsync(seed, length)),
                };
                Interlocked.Increment(ref _completed);
                Interlocked.Add(ref _bytes, length);
                if (!got.Matches(expected))
                {
                    errors.Add($"a stream of kind {index % 4} had the digest {got} instead of {expected}");
                }
            }
            catch (Exception error)
            {
                // Any exception means that the stream was lost, which fails the test.
                errors.Add($"a stream of kind {index % 4} with {length} bytes failed: {error.Message}");
            }
        }
    }

    private static async Task<StreamDigest> ComputeDigestAsync(IAsyncEnumerable<byte[]> blocks)
    {
        using var digester = new StreamDigester();
        await foreach (byte[] block in blocks)
        {
            digester.Add(block);
        }

        return digester.End();
    }

    private async Task<StreamDigest> ReadAsync(int seed, int length)
    {
        using var digester = new StreamDigester();
        var all = new MemoryStream(length);
        await using (Stream stream = await peer.OpenAsync(seed, length, CancellationToken.None))
        {
            await stream.CopyToAsync(all, CancellationToken.None);
        }

        digester.Add(all.GetBuffer().AsSpan(0, (int)all.Length));
        return digester.End();
    }
}

using System.Diagnostics;
using System.Security.Cryptography;
using Shouldly;
using TunnelRpc.Client;

namespace TunnelRpc.Lab;

/// <summary>What the lab does on a path that was found. Without state.</summary>
internal static class Workload
{
    /// <summary>A hang guard, far above what any case takes.</summary>
    public static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(60);

    private const int BlockBytes = 64 << 10;
    private const int Calls = 21;

    /// <summary>Calls of every kind, both ways, and large messages.</summary>
    public static async Task ShouldCarryCallsAsync(TunnelClient client)
    {
        ILabService service = client.Get<ILabService>();
        (await service.EchoAsync("hello").WaitAsync(HangTimeout)).ShouldBe("hello");
        (await service.CallBackAsync("hello").WaitAsync(HangTimeout)).ShouldBe("HELLO");
        int expected = 0;
        using var hang = new CancellationTokenSource(HangTimeout);
        await foreach (int number in service.CountAsync(500, hang.Token))
        {
            number.ShouldBe(expected++);
        }

        expected.ShouldBe(500);

        // Above the 1 MiB at which some proxies refuse a request.
        byte[] bytes = new byte[1_200_000];
        new Random(7).NextBytes(bytes);
        (await service.EchoBytesAsync(bytes).WaitAsync(HangTimeout)).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        byte[] reversed = await service.CallBackBytesAsync(bytes).WaitAsync(HangTimeout);
        Array.Reverse(reversed);
        reversed.AsSpan().SequenceEqual(bytes).ShouldBeTrue();
    }

    /// <summary>How long an empty call takes, in milliseconds, when nothing else is under way: the median of several.</summary>
    public static async Task<double> MedianCallAsync(TunnelClient client)
    {
        ILabService service = client.Get<ILabService>();
        double[] taken = new double[Calls];
        for (int i = 0; i < taken.Length; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await service.EchoAsync("").WaitAsync(HangTimeout);
            taken[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        return Median(taken);
    }

    /// <summary>Sends <paramref name="length"/> bytes, which must arrive as they are; gives MB/s.</summary>
    public static async Task<double> UploadAsync(TunnelClient client, int length)
    {
        long began = Stopwatch.GetTimestamp();
        byte[] digest = await client.Get<ILabService>().DigestAsync(BlocksAsync(11, length)).WaitAsync(HangTimeout);
        double rate = length / Stopwatch.GetElapsedTime(began).TotalSeconds / 1e6;

        digest.ShouldBe(Digest(11, length));
        return rate;
    }

    /// <summary>Receives <paramref name="length"/> bytes, which must be those that were sent; gives MB/s.</summary>
    public static async Task<double> DownloadAsync(TunnelClient client, int length)
    {
        using var hang = new CancellationTokenSource(HangTimeout);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long began = Stopwatch.GetTimestamp();
        await foreach (byte[] block in client.Get<ILabService>().DownloadAsync(13, length, hang.Token))
        {
            hash.AppendData(block);
        }

        double rate = length / Stopwatch.GetElapsedTime(began).TotalSeconds / 1e6;
        hash.GetHashAndReset().ShouldBe(Digest(13, length));
        return rate;
    }

    /// <summary>The same bytes for the same seed, in blocks.</summary>
    public static async IAsyncEnumerable<byte[]> BlocksAsync(int seed, int length)
    {
        foreach (byte[] block in Blocks(seed, length))
        {
            await Task.Yield();
            yield return block;
        }
    }

    public static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static IEnumerable<byte[]> Blocks(int seed, int length)
    {
        var random = new Random(seed);
        for (int left = length; left > 0; left -= BlockBytes)
        {
            byte[] block = new byte[Math.Min(left, BlockBytes)];
            random.NextBytes(block);
            yield return block;
        }
    }

    private static byte[] Digest(int seed, int length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] block in Blocks(seed, length))
        {
            hash.AppendData(block);
        }

        return hash.GetHashAndReset();
    }
}

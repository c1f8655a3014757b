using System.Diagnostics;
using System.Security.Cryptography;
using Shouldly;
using TunnelRpc.Client;

namespace TunnelRpc.Lab;

/// <summary>The calls that the lab makes on a path. Stateless.</summary>
internal static class Workload
{
    /// <summary>Turns a hang into a failure: far above the duration of any test case.</summary>
    public static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private const int BlockBytes = 64 << 10;
    private const int Calls = 21;

    /// <summary>Makes calls and streams in both directions, with small and large messages.</summary>
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

        // Larger than 1 MiB, above which some proxies refuse a request.
        byte[] bytes = new byte[1_200_000];
        new Random(7).NextBytes(bytes);
        (await service.EchoBytesAsync(bytes).WaitAsync(HangTimeout)).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        byte[] reversed = await service.CallBackBytesAsync(bytes).WaitAsync(HangTimeout);
        Array.Reverse(reversed);
        reversed.AsSpan().SequenceEqual(bytes).ShouldBeTrue();
    }

    /// <summary>Returns the median duration in milliseconds of an empty call, with no other call in flight.</summary>
    public static async Task<double> MedianCallAsync(TunnelClient client)
    {
        ILabService service = client.Get<ILabService>();
        double[] durations = new double[Calls];
        for (int i = 0; i < durations.Length; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await service.EchoAsync("").WaitAsync(HangTimeout);
            durations[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        return Median(durations);
    }

    /// <summary>Sends <paramref name="length"/> bytes, which must arrive unchanged; returns the throughput in MB/s.</summary>
    public static async Task<double> UploadAsync(TunnelClient client, int length)
    {
        long began = Stopwatch.GetTimestamp();
        byte[] digest = await client.Get<ILabService>().DigestAsync(BlocksAsync(11, length)).WaitAsync(HangTimeout);
        double rate = length / Stopwatch.GetElapsedTime(began).TotalSeconds / 1e6;

        digest.ShouldBe(Digest(11, length));
        return rate;
    }

    /// <summary>Receives <paramref name="length"/> bytes, which must arrive unchanged; returns the throughput in MB/s.</summary>
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

    /// <summary>Returns the bytes that the seed determines, in blocks.</summary>
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
        for (int remaining = length; remaining > 0; remaining -= BlockBytes)
        {
            byte[] block = new byte[Math.Min(remaining, BlockBytes)];
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

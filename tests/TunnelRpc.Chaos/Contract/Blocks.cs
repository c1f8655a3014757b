namespace TunnelRpc.Chaos.Contract;

/// <summary>Streams that follow from a seed. Without state.</summary>
internal static class Blocks
{
    private const int MaxBlockBytes = 24 << 10;

    public static IEnumerable<byte[]> Of(int seed, int length)
    {
        var random = new Random(seed);
        for (int left = length; left > 0;)
        {
            byte[] block = new byte[Math.Min(left, random.Next(1, MaxBlockBytes))];
            random.NextBytes(block);
            left -= block.Length;
            yield return block;
        }
    }

    /// <summary>The same; each block is made when it is asked for.</summary>
    public static async IAsyncEnumerable<byte[]> OfAsync(int seed, int length)
    {
        foreach (byte[] block in Of(seed, length))
        {
            await Task.Yield();
            yield return block;
        }
    }

    public static byte[] Reverse(byte[] block)
    {
        byte[] turned = [.. block];
        Array.Reverse(turned);
        return turned;
    }

    /// <summary>What the stream must come to, each element changed by <paramref name="change"/>.</summary>
    public static StreamDigest Sum(int seed, int length, Func<byte[], byte[]>? change = null)
    {
        using var summer = new StreamDigester();
        foreach (byte[] block in Of(seed, length))
        {
            summer.Add(change is null ? block : change(block));
        }

        return summer.End();
    }

    /// <summary>All of it as one stream.</summary>
    public static Stream Open(int seed, int length)
    {
        byte[] all = new byte[length];
        int at = 0;
        foreach (byte[] block in Of(seed, length))
        {
            block.CopyTo(all, at);
            at += block.Length;
        }

        return new MemoryStream(all, writable: false);
    }
}

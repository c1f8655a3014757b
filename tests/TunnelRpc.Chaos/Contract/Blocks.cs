namespace TunnelRpc.Chaos.Contract;

/// <summary>Creates streams of bytes that a seed determines. Stateless.</summary>
internal static class Blocks
{
    private const int MaxBlockBytes = 24 << 10;

    public static IEnumerable<byte[]> Of(int seed, int length)
    {
        var random = new Random(seed);
        for (int remaining = length; remaining > 0;)
        {
            byte[] block = new byte[Math.Min(remaining, random.Next(1, MaxBlockBytes))];
            random.NextBytes(block);
            remaining -= block.Length;
            yield return block;
        }
    }

    /// <summary>Returns the same blocks as <see cref="Of"/>, each created when it is requested.</summary>
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
        byte[] reversed = [.. block];
        Array.Reverse(reversed);
        return reversed;
    }

    /// <summary>Returns the digest of the stream after <paramref name="change"/> has been applied to each item.</summary>
    public static StreamDigest ComputeDigest(int seed, int length, Func<byte[], byte[]>? change = null)
    {
        using var digester = new StreamDigester();
        foreach (byte[] block in Of(seed, length))
        {
            digester.Add(change is null ? block : change(block));
        }

        return digester.End();
    }

    /// <summary>Returns all blocks as one stream.</summary>
    public static Stream Open(int seed, int length)
    {
        byte[] all = new byte[length];
        int offset = 0;
        foreach (byte[] block in Of(seed, length))
        {
            block.CopyTo(all, offset);
            offset += block.Length;
        }

        return new MemoryStream(all, writable: false);
    }
}

namespace TunnelRpc.Load.Contract;

/// <summary>The data of a bulk transfer: 100 MB in blocks of 64 KiB.</summary>
internal static class Blocks
{
    public const int Size = 65_536;
    public const int Count = 100_000_000 / Size;
    public const long Bytes = (long)Count * Size;

    /// <summary>Returns the same block <paramref name="count"/> times.</summary>
    public static async IAsyncEnumerable<byte[]> Of(int count, int size)
    {
        byte[] block = new byte[size];
        for (int i = 0; i < count; i++)
        {
            yield return block;
        }

        await Task.CompletedTask;
    }
}

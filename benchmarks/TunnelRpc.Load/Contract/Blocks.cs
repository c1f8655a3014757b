namespace TunnelRpc.Load.Contract;

/// <summary>Bulk: 100 MB in blocks.</summary>
internal static class Blocks
{
    public const int Size = 65_536;
    public const int Count = 100_000_000 / Size;
    public const long Bytes = (long)Count * Size;

    /// <summary>The same block again and again.</summary>
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

namespace TunnelRpc.Load;

/// <summary>100 MB on their way beside the calls that are measured.</summary>
internal static class Bulk
{
    public const int BlockSize = 65_536;
    public const int BlockCount = 100_000_000 / BlockSize;

    /// <summary>The same block again and again.</summary>
    public static async IAsyncEnumerable<byte[]> Blocks(int count, int size)
    {
        byte[] block = new byte[size];
        for (int i = 0; i < count; i++)
        {
            yield return block;
        }

        await Task.CompletedTask;
    }

    /// <summary>Sends them up.</summary>
    public static Task UploadAsync(ILoadService service) => service.SwallowAsync(Blocks(BlockCount, BlockSize));

    /// <summary>Has them sent down.</summary>
    public static async Task DownloadAsync(ILoadService service)
    {
        await foreach (byte[] block in service.PourAsync(BlockCount, BlockSize))
        {
            // Taking them is all that is wanted.
        }
    }
}

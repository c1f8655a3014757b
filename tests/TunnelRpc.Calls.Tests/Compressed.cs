namespace TunnelRpc.Calls.Tests;

/// <summary>Options that compress every message of 64 bytes or more.</summary>
internal static class Compressed
{
    public static void NearlyAll(TunnelOptions options)
    {
        options.Compression.Algorithm = TunnelCompression.Brotli;
        options.Compression.MinimumSize = 64;
    }
}

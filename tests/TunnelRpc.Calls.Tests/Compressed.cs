namespace TunnelRpc.Calls.Tests;

/// <summary>Options under which nearly all messages are compressed.</summary>
internal static class Compressed
{
    public static void NearlyAll(TunnelOptions options)
    {
        options.Compression.Algorithm = TunnelCompression.Brotli;
        options.Compression.MinimumSize = 64;
    }
}

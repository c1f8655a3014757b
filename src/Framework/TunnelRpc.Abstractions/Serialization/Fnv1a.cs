namespace TunnelRpc.Serialization;

/// <summary>The 32-bit hash FNV-1a. Not for data of a peer that are the keys of a table: it is easy to find collisions.</summary>
internal static class Fnv1a
{
    /// <summary>Returns the hash.</summary>
    public static uint Compute(ReadOnlySpan<byte> data)
    {
        uint hash = 2166136261;
        foreach (byte b in data)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash;
    }
}

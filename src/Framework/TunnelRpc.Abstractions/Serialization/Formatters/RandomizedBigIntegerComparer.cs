using System.Numerics;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Hashes big integers with the same secret of the process that strings are hashed with.</summary>
internal sealed class RandomizedBigIntegerComparer : IEqualityComparer<BigInteger>
{
    public bool Equals(BigInteger x, BigInteger y) => x == y;

    public int GetHashCode(BigInteger obj)
    {
        // What a peer sends is no longer than this. Longer numbers of our own all hash alike, which is slow but right.
        Span<byte> bytes = stackalloc byte[MessagePackLimits.MaxBigIntegerBytes];
        if (!obj.TryWriteBytes(bytes, out int length))
        {
            length = 0;
        }

        // Rounded up to whole chars; the byte beyond is cleared.
        bytes[length..Math.Min(length + 1, bytes.Length)].Clear();
        return string.GetHashCode(MemoryMarshal.Cast<byte, char>(bytes[..((length + 1) & ~1)]));
    }
}

using System.Numerics;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Hashes <see cref="BigInteger"/> values with the random secret of the process that .NET uses for strings.</summary>
internal sealed class RandomizedBigIntegerComparer : IEqualityComparer<BigInteger>
{
    public bool Equals(BigInteger x, BigInteger y) => x == y;

    public int GetHashCode(BigInteger obj)
    {
        // A value from a peer is not longer than this. Longer values of this process all get the same hash code, which is slow but correct.
        Span<byte> bytes = stackalloc byte[MessagePackLimits.MaxBigIntegerBytes];
        if (!obj.TryWriteBytes(bytes, out int length))
        {
            length = 0;
        }

        // The length is rounded up to whole chars, so the byte after an odd length is cleared.
        bytes[length..Math.Min(length + 1, bytes.Length)].Clear();
        return string.GetHashCode(MemoryMarshal.Cast<byte, char>(bytes[..((length + 1) & ~1)]));
    }
}

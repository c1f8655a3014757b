using System.Numerics;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// The comparer for keys that come from a peer. Strings already hash with a secret of the process (a dictionary turns to it as soon as
/// keys collide). Integers, Guids and the like hash to themselves, so a peer could choose thousands that share a bucket and make reading
/// them quadratic; these get <see cref="RandomizedHashComparer{T}"/>. Other types keep their own hashing.
/// </summary>
internal static class UntrustedKeys<T>
{
    /// <summary>Null for the default comparer.</summary>
    public static readonly IEqualityComparer<T>? Comparer = CreateComparer();

    private static IEqualityComparer<T>? CreateComparer()
    {
        // All of these are equal exactly if their bits are. Types of one or two bytes have too few values to attack with.
        if (typeof(T) == typeof(int) || typeof(T) == typeof(uint) || typeof(T) == typeof(long) || typeof(T) == typeof(ulong)
            || typeof(T) == typeof(Int128) || typeof(T) == typeof(UInt128) || typeof(T) == typeof(Guid)
            || typeof(T) == typeof(DateOnly) || typeof(T) == typeof(TimeOnly) || typeof(T) == typeof(TimeSpan)
            || (typeof(T).IsEnum && Unsafe.SizeOf<T>() >= sizeof(int)))
        {
            return new RandomizedHashComparer<T>();
        }

        object? comparer =
            typeof(T) == typeof(DateTime) ? new RandomizedHashComparer<DateTime, long>(static time => time.Ticks)
            : typeof(T) == typeof(DateTimeOffset) ? new RandomizedHashComparer<DateTimeOffset, long>(static time => time.UtcTicks)
            : typeof(T) == typeof(double) ? new RandomizedHashComparer<double, double>(Canonical)
            : typeof(T) == typeof(float) ? new RandomizedHashComparer<float, double>(static number => Canonical(number))
            : typeof(T) == typeof(Version) ? new RandomizedHashComparer<Version, (int, int, int, int)>(static version => (version.Major, version.Minor, version.Build, version.Revision))
            : typeof(T) == typeof(BigInteger) ? new RandomizedBigIntegerComparer()
            : typeof(T) == typeof(decimal) ? new RandomizedHashComparer<decimal, decimal>(Canonical)
            : null;
        return (IEqualityComparer<T>?)comparer;
    }

    // Equal numbers with different bits become one: the two zeros, and all that are not numbers.
    private static double Canonical(double number) => number == 0 ? 0 : double.IsNaN(number) ? double.NaN : number;

    // 1.0 and 1.00 are equal; a division by one of the largest scale drops the trailing zeros.
    private static decimal Canonical(decimal number) => number / 1.0000000000000000000000000000m;
}

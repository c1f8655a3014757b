using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Selects the comparer for keys that a peer sends, as protection against hash-collision attacks.
/// </summary>
/// <remarks>
/// .NET hashes strings with a random secret of the process (a dictionary switches to it when keys collide). The hash codes of integers,
/// Guids and similar types are predictable: a peer could choose thousands of keys of one bucket, which makes reading quadratic. Such types
/// get a <see cref="RandomizedHashComparer{T}"/>. Other types keep their own hash codes.
/// </remarks>
/// <typeparam name="T">The keys.</typeparam>
internal static class UntrustedKeys<T>
{
    /// <summary>The comparer; null for the default comparer.</summary>
    public static readonly IEqualityComparer<T>? Comparer = CreateComparer();

    /// <summary>
    /// The comparer of a frozen collection; null for the default comparer. Frozen collections hash strings without the secret, unless they
    /// have a comparer.
    /// </summary>
    public static readonly IEqualityComparer<T>? FrozenComparer =
        typeof(T) == typeof(string) ? (IEqualityComparer<T>)(object)new RandomizedStringComparer() : Comparer;

    private static IEqualityComparer<T>? CreateComparer()
    {
        // Two values of these types are equal if and only if their bits are. Types of one or two bytes have too few values for an attack.
        if (typeof(T) == typeof(int) || typeof(T) == typeof(uint) || typeof(T) == typeof(long) || typeof(T) == typeof(ulong)
            || typeof(T) == typeof(Int128) || typeof(T) == typeof(UInt128) || typeof(T) == typeof(Guid)
            || typeof(T) == typeof(DateOnly) || typeof(T) == typeof(TimeOnly) || typeof(T) == typeof(TimeSpan)
            || typeof(T) == typeof(nint) || typeof(T) == typeof(nuint) || typeof(T) == typeof(Rune) || typeof(T) == typeof(Index)
            || (typeof(T).IsEnum && Unsafe.SizeOf<T>() >= sizeof(int)))
        {
            return new RandomizedHashComparer<T>();
        }

        object? comparer =
            typeof(T) == typeof(DateTime) ? new RandomizedHashComparer<DateTime, long>(static time => time.Ticks)
            : typeof(T) == typeof(DateTimeOffset) ? new RandomizedHashComparer<DateTimeOffset, long>(static time => time.UtcTicks)
            : typeof(T) == typeof(double) ? new RandomizedHashComparer<double, double>(Canonical)
            : typeof(T) == typeof(float) ? new RandomizedHashComparer<float, double>(static number => Canonical(number))
            : typeof(T) == typeof(Complex) ? new RandomizedHashComparer<Complex, (double, double)>(
                static number => (Canonical(number.Real), Canonical(number.Imaginary)))
            : typeof(T) == typeof(Version) ? new RandomizedHashComparer<Version, (int, int, int, int)>(
                static version => (version.Major, version.Minor, version.Build, version.Revision))
            : typeof(T) == typeof(BigInteger) ? new RandomizedBigIntegerComparer()
            : typeof(T) == typeof(decimal) ? new RandomizedHashComparer<decimal, decimal>(Canonical)
            : null;
        return (IEqualityComparer<T>?)comparer;
    }

    // Maps equal numbers with different bits to one: positive and negative zero, and all NaNs.
    private static double Canonical(double number) => number == 0 ? 0 : double.IsNaN(number) ? double.NaN : number;

    // 1.0 and 1.00 are equal. Dividing by 1 with the largest scale removes the trailing zeros.
    private static decimal Canonical(decimal number) => number / 1.0000000000000000000000000000m;
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Hashes the bits of a value with the random secret of the process that .NET uses for strings.</summary>
/// <typeparam name="T">A type without references and padding, of which equal values have equal bits.</typeparam>
internal sealed class RandomizedHashComparer<T> : IEqualityComparer<T>
{
    public bool Equals(T? x, T? y) => EqualityComparer<T>.Default.Equals(x, y);

    public int GetHashCode(T obj) => Hash(ref obj);

    /// <summary>Returns the hash code of the bits of a value.</summary>
    public static int Hash(ref T value) =>
        string.GetHashCode(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, char>(ref value), Unsafe.SizeOf<T>() / sizeof(char)));
}

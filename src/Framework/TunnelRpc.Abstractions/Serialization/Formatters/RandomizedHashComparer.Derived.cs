namespace TunnelRpc.Serialization.Formatters;

/// <summary>Converts a value first, so that equal values have equal bits, and hashes the bits of the conversion.</summary>
/// <typeparam name="T">The values.</typeparam>
/// <typeparam name="TBits">The converted values, of which equal values have equal bits.</typeparam>
/// <param name="bits">Converts a value.</param>
internal sealed class RandomizedHashComparer<T, TBits>(Func<T, TBits> bits) : IEqualityComparer<T>
    where TBits : unmanaged
{
    public bool Equals(T? x, T? y) => EqualityComparer<T>.Default.Equals(x, y);

    public int GetHashCode(T obj)
    {
        TBits value = bits(obj);
        return RandomizedHashComparer<TBits>.Hash(ref value);
    }
}

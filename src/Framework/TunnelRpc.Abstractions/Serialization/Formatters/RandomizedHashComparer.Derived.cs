namespace TunnelRpc.Serialization.Formatters;

/// <summary>Hashes the bits of what a value is turned into first, so that equal values have equal bits.</summary>
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

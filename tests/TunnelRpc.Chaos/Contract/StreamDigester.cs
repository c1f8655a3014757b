using System.Security.Cryptography;

namespace TunnelRpc.Chaos.Contract;

/// <summary>Computes the digest of a stream. Not thread-safe. Its creator disposes it.</summary>
internal sealed class StreamDigester : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _items;
    private long _bytes;

    public void Add(ReadOnlySpan<byte> item)
    {
        _items++;
        _bytes += item.Length;
        _hash.AppendData(item);
    }

    public StreamDigest End() => new(_items, _bytes, _hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}

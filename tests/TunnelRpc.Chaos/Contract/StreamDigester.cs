using System.Security.Cryptography;

namespace TunnelRpc.Chaos.Contract;

/// <summary>Adds a stream up. One user at a time; disposed by its maker.</summary>
internal sealed class StreamDigester : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _items;
    private long _bytes;

    public void Add(ReadOnlySpan<byte> element)
    {
        _items++;
        _bytes += element.Length;
        _hash.AppendData(element);
    }

    public StreamDigest End() => new(_items, _bytes, _hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}

namespace TunnelRpc.Chaos.Contract;

/// <summary>The digest of a stream.</summary>
/// <param name="Items">The number of items.</param>
/// <param name="Bytes">The number of bytes.</param>
/// <param name="Hash">The SHA-256 hash of the bytes.</param>
public sealed record StreamDigest(long Items, long Bytes, byte[] Hash)
{
    public bool Matches(StreamDigest other) => Items == other.Items && Bytes == other.Bytes && Hash.AsSpan().SequenceEqual(other.Hash);

    public override string ToString() => $"{Items} items, {Bytes} bytes, {Convert.ToHexString(Hash)[..16]}";
}

namespace TunnelRpc.Chaos.Contract;

/// <summary>What a stream came to.</summary>
/// <param name="Items">How many elements.</param>
/// <param name="Bytes">How many bytes.</param>
/// <param name="Hash">Their SHA-256.</param>
public sealed record StreamDigest(long Items, long Bytes, byte[] Hash)
{
    public bool Matches(StreamDigest other) => Items == other.Items && Bytes == other.Bytes && Hash.AsSpan().SequenceEqual(other.Hash);

    public override string ToString() => $"{Items} elements, {Bytes} bytes, {Convert.ToHexString(Hash)[..16]}";
}

namespace TunnelRpc.Chaos.Contract;

/// <summary>What a stream came to.</summary>
/// <param name="Elements">How many elements.</param>
/// <param name="Bytes">How many bytes.</param>
/// <param name="Hash">Their SHA-256.</param>
public sealed record StreamSum(long Elements, long Bytes, byte[] Hash)
{
    public bool IsSame(StreamSum other) => Elements == other.Elements && Bytes == other.Bytes && Hash.AsSpan().SequenceEqual(other.Hash);

    public override string ToString() => $"{Elements} elements, {Bytes} bytes, {Convert.ToHexString(Hash)[..16]}";
}

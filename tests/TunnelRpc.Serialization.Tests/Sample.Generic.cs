namespace TunnelRpc.Serialization.Tests;

/// <summary>A formatter with sample values of its type.</summary>
internal sealed class Sample<T>(string name, ITunnelFormatter<T> formatter, params T[] values) : Sample(name)
{
    public override IReadOnlyList<byte[]> Encodings { get; } = [.. values.Select(value => Codec.Write(formatter, value))];

    public override byte[] Rewrite(byte[] encoding) => Codec.Write(formatter, Codec.Read(formatter, encoding));

    public override void Read(ReadOnlySpan<byte> bytes)
    {
        MessagePackReader reader = new(bytes);
        formatter.Read(ref reader);
    }
}

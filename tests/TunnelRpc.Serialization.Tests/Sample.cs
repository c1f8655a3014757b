namespace TunnelRpc.Serialization.Tests;

/// <summary>A formatter with sample values of its type, for tests that iterate over all formatters.</summary>
public abstract class Sample(string name)
{
    public string Name { get; } = name;

    /// <summary>The encodings of the values.</summary>
    public abstract IReadOnlyList<byte[]> Encodings { get; }

    /// <summary>Reads one value and writes it again.</summary>
    public abstract byte[] Rewrite(byte[] encoding);

    /// <summary>Reads one value and ignores the bytes after it.</summary>
    public abstract void Read(ReadOnlySpan<byte> bytes);

    public override string ToString() => Name;
}

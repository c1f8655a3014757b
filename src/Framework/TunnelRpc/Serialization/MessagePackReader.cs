namespace TunnelRpc.Serialization;

/// <summary>Reads MessagePack.</summary>
public ref struct MessagePackReader
{
    private readonly ReadOnlySpan<byte> _input;

    /// <summary>Reads from <paramref name="input"/>.</summary>
    public MessagePackReader(ReadOnlySpan<byte> input) => _input = input;

    /// <summary>How many bytes there are.</summary>
    public readonly int Length => _input.Length;
}

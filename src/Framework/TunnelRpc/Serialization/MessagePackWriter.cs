using System.Buffers;

namespace TunnelRpc.Serialization;

/// <summary>Writes MessagePack.</summary>
public ref struct MessagePackWriter
{
    private readonly IBufferWriter<byte> _output;

    /// <summary>Writes to <paramref name="output"/>.</summary>
    public MessagePackWriter(IBufferWriter<byte> output) => _output = output;

    /// <summary>Hands what was written to the output.</summary>
    public readonly void Flush() => _ = _output;
}

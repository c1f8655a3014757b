using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>A typed detail that travels with a failure: a name both sides agree on, and one MessagePack value.</summary>
/// <param name="Type">The detail's name, for instance "acme.OutOfStock". Never a CLR type name that a receiver would load.</param>
/// <param name="Value">One MessagePack value.</param>
public sealed record TunnelFaultDetail(string Type, ReadOnlyMemory<byte> Value)
{
    /// <summary>Writes a detail.</summary>
    public static TunnelFaultDetail Create<T>(string type, T value, ITunnelFormatter<T> formatter)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        ArgumentNullException.ThrowIfNull(formatter);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        formatter.Write(ref writer, value);
        writer.Flush();
        return new TunnelFaultDetail(type, output.WrittenMemory);
    }

    /// <summary>Reads the detail.</summary>
    /// <exception cref="MessagePackException">The value is not what the formatter reads.</exception>
    public T Read<T>(ITunnelFormatter<T> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        var reader = new MessagePackReader(Value.Span);
        return formatter.Read(ref reader);
    }
}

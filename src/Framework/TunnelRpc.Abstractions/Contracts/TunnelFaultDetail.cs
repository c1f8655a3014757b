using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>A typed detail that is sent with a failure: a name that both sides agree on, and one MessagePack value. Immutable.</summary>
/// <param name="Type">The detail's name, for instance "acme.OutOfStock". The receiver never loads a CLR type by this name.</param>
/// <param name="Value">One MessagePack value.</param>
public sealed record TunnelFaultDetail(string Type, ReadOnlyMemory<byte> Value)
{
    /// <summary>Creates a detail by encoding a value.</summary>
    /// <param name="type">The detail's name; not empty.</param>
    /// <param name="value">The value to encode.</param>
    /// <param name="formatter">Encodes the value.</param>
    /// <exception cref="MessagePackException">The formatter cannot encode the value.</exception>
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

    /// <summary>Decodes the value.</summary>
    /// <param name="formatter">Decodes the value.</param>
    /// <exception cref="MessagePackException">The formatter cannot decode the value.</exception>
    public T Read<T>(ITunnelFormatter<T> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        var reader = new MessagePackReader(Value.Span);
        return formatter.Read(ref reader);
    }
}

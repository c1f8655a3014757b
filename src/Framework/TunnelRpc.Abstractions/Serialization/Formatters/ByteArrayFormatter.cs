using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a byte array as binary data.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ByteArrayFormatter : ITunnelFormatter<byte[]>
{
    /// <summary>The shared instance.</summary>
    public static readonly ByteArrayFormatter Instance = new();

    private ByteArrayFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, byte[] value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(byte[]));
        }

        writer.WriteBinary(value);
    }

    /// <inheritdoc/>
    public byte[] Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(byte[]));
        return reader.ReadBinaryArray();
    }
}

using System.Buffers.Binary;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="Int128"/> as 16 bytes of binary data, least significant byte first.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Int128Formatter : ITunnelFormatter<Int128>
{
    /// <summary>The shared instance.</summary>
    public static readonly Int128Formatter Instance = new();

    private Int128Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Int128 value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteInt128LittleEndian(bytes, value);
        writer.WriteBinary(bytes);
    }

    /// <inheritdoc/>
    public Int128 Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        ReadOnlySpan<byte> bytes = reader.ReadBinary();
        if (bytes.Length != Size)
        {
            ReadFailure.ThrowOutOfRange("an Int128 as 16 bytes", $"binary data of {bytes.Length} bytes", start);
        }

        return BinaryPrimitives.ReadInt128LittleEndian(bytes);
    }

    private const int Size = 16;
}

using System.Buffers.Binary;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="UInt128"/> as 16 bytes of binary data, least significant byte first.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class UInt128Formatter : ITunnelFormatter<UInt128>
{
    /// <summary>The shared instance.</summary>
    public static readonly UInt128Formatter Instance = new();

    private UInt128Formatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, value);
        writer.WriteBinary(bytes);
    }

    /// <inheritdoc/>
    public UInt128 Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        ReadOnlySpan<byte> bytes = reader.ReadBinary();
        if (bytes.Length != Size)
        {
            ReadFailure.ThrowOutOfRange("a UInt128 as 16 bytes", $"binary data of {bytes.Length} bytes", start);
        }

        return BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }

    private const int Size = 16;
}

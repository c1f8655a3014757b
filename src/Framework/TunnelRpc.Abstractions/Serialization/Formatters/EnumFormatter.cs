using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an enum as its underlying integer. Values without a name are preserved, so that a peer with an older contract accepts new
/// values.
/// </summary>
/// <typeparam name="TEnum">The enum.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class EnumFormatter<TEnum> : ITunnelFormatter<TEnum>
    where TEnum : unmanaged, Enum
{
    private static readonly TypeCode Underlying = Type.GetTypeCode(typeof(TEnum));

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TEnum value)
    {
        switch (Underlying)
        {
            case TypeCode.Int32:
                writer.Write(Unsafe.BitCast<TEnum, int>(value));
                break;
            case TypeCode.Byte:
                writer.Write(Unsafe.BitCast<TEnum, byte>(value));
                break;
            case TypeCode.SByte:
                writer.Write(Unsafe.BitCast<TEnum, sbyte>(value));
                break;
            case TypeCode.Int16:
                writer.Write(Unsafe.BitCast<TEnum, short>(value));
                break;
            case TypeCode.UInt16:
                writer.Write(Unsafe.BitCast<TEnum, ushort>(value));
                break;
            case TypeCode.UInt32:
                writer.Write(Unsafe.BitCast<TEnum, uint>(value));
                break;
            case TypeCode.Int64:
                writer.Write(Unsafe.BitCast<TEnum, long>(value));
                break;
            default:
                writer.Write(Unsafe.BitCast<TEnum, ulong>(value));
                break;
        }
    }

    /// <inheritdoc/>
    public TEnum Read(ref MessagePackReader reader) => Underlying switch
    {
        TypeCode.Int32 => Unsafe.BitCast<int, TEnum>(reader.ReadInt32()),
        TypeCode.Byte => Unsafe.BitCast<byte, TEnum>(reader.ReadByte()),
        TypeCode.SByte => Unsafe.BitCast<sbyte, TEnum>(reader.ReadSByte()),
        TypeCode.Int16 => Unsafe.BitCast<short, TEnum>(reader.ReadInt16()),
        TypeCode.UInt16 => Unsafe.BitCast<ushort, TEnum>(reader.ReadUInt16()),
        TypeCode.UInt32 => Unsafe.BitCast<uint, TEnum>(reader.ReadUInt32()),
        TypeCode.Int64 => Unsafe.BitCast<long, TEnum>(reader.ReadInt64()),
        _ => Unsafe.BitCast<ulong, TEnum>(reader.ReadUInt64()),
    };
}

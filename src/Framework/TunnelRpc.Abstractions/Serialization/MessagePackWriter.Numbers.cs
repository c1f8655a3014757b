using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Serialization;

public ref partial struct MessagePackWriter
{
    /// <summary>Writes nil.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteNil() => Claim(1) = MessagePackCode.Nil;

    /// <summary>Writes true or false.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(bool value) => Claim(1) = value ? MessagePackCode.True : MessagePackCode.False;

    /// <summary>Writes an integer in its smallest encoding.</summary>
    public void Write(byte value) => Write((uint)value);

    /// <summary>Writes an integer in its smallest encoding.</summary>
    public void Write(sbyte value) => Write((int)value);

    /// <summary>Writes an integer in its smallest encoding.</summary>
    public void Write(short value) => Write((int)value);

    /// <summary>Writes an integer in its smallest encoding.</summary>
    public void Write(ushort value) => Write((uint)value);

    /// <summary>Writes a UTF-16 code unit as an integer.</summary>
    public void Write(char value) => Write((uint)value);

    /// <summary>Writes an integer in its smallest encoding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(int value)
    {
        // A value from -32 to 127 is encoded as one byte, which is the value itself.
        if ((uint)(value + 32) < 160)
        {
            Claim(1) = (byte)value;
        }
        else
        {
            WriteLong(value);
        }
    }

    /// <summary>Writes an integer in its smallest encoding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(uint value)
    {
        if (value <= MessagePackCode.MaxPositiveFixInt)
        {
            Claim(1) = (byte)value;
        }
        else
        {
            WriteUnsigned(value);
        }
    }

    /// <summary>Writes an integer in its smallest encoding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(long value)
    {
        if ((ulong)(value + 32) < 160)
        {
            Claim(1) = (byte)value;
        }
        else
        {
            WriteLong(value);
        }
    }

    /// <summary>Writes an integer in its smallest encoding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ulong value)
    {
        if (value <= MessagePackCode.MaxPositiveFixInt)
        {
            Claim(1) = (byte)value;
        }
        else
        {
            WriteUnsigned(value);
        }
    }

    /// <summary>Writes a float 32. The width never changes with the value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(float value) => WriteCode32(MessagePackCode.Float32, BitConverter.SingleToUInt32Bits(value));

    /// <summary>Writes a float 64. The width never changes with the value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(double value) => WriteCode64(MessagePackCode.Float64, BitConverter.DoubleToUInt64Bits(value));

    private void WriteLong(long value)
    {
        if (value >= 0)
        {
            WriteUnsigned((ulong)value);
        }
        else if (value >= sbyte.MinValue)
        {
            WriteCode8(MessagePackCode.Int8, (byte)value);
        }
        else if (value >= short.MinValue)
        {
            WriteCode16(MessagePackCode.Int16, (ushort)value);
        }
        else if (value >= int.MinValue)
        {
            WriteCode32(MessagePackCode.Int32, (uint)value);
        }
        else
        {
            WriteCode64(MessagePackCode.Int64, (ulong)value);
        }
    }

    // The value is larger than a positive fixint.
    private void WriteUnsigned(ulong value)
    {
        if (value <= byte.MaxValue)
        {
            WriteCode8(MessagePackCode.UInt8, (byte)value);
        }
        else if (value <= ushort.MaxValue)
        {
            WriteCode16(MessagePackCode.UInt16, (ushort)value);
        }
        else if (value <= uint.MaxValue)
        {
            WriteCode32(MessagePackCode.UInt32, (uint)value);
        }
        else
        {
            WriteCode64(MessagePackCode.UInt64, value);
        }
    }

    private void WriteCode8(byte code, byte value)
    {
        ref byte start = ref Claim(2);
        start = code;
        Unsafe.Add(ref start, 1) = value;
    }

    private void WriteCode16(byte code, ushort value)
    {
        ref byte start = ref Claim(3);
        start = code;
        PutUInt16(ref Unsafe.Add(ref start, 1), value);
    }

    private void WriteCode32(byte code, uint value)
    {
        ref byte start = ref Claim(5);
        start = code;
        PutUInt32(ref Unsafe.Add(ref start, 1), value);
    }

    private void WriteCode64(byte code, ulong value)
    {
        ref byte start = ref Claim(9);
        start = code;
        PutUInt64(ref Unsafe.Add(ref start, 1), value);
    }

    private static void PutUInt16(ref byte target, ushort value) =>
        Unsafe.WriteUnaligned(ref target, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    private static void PutUInt32(ref byte target, uint value) =>
        Unsafe.WriteUnaligned(ref target, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    private static void PutUInt64(ref byte target, ulong value) =>
        Unsafe.WriteUnaligned(ref target, BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
}

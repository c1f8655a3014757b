using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Serialization;

public ref partial struct MessagePackReader
{
    /// <summary>Reads an integer of any encoding whose value is in the range of the type.</summary>
    /// <exception cref="MessagePackException">The next value is not an integer, or it is out of range.</exception>
    public byte ReadByte() => (byte)ReadUnsigned("a Byte (0 to 255)", byte.MaxValue);

    /// <summary>Reads an integer of any encoding whose value is in the range of the type.</summary>
    /// <exception cref="MessagePackException">The next value is not an integer, or it is out of range.</exception>
    public sbyte ReadSByte() => (sbyte)ReadSigned("an SByte (-128 to 127)", sbyte.MinValue, sbyte.MaxValue);

    /// <summary>Reads an integer of any encoding whose value is in the range of the type.</summary>
    /// <exception cref="MessagePackException">The next value is not an integer, or it is out of range.</exception>
    public short ReadInt16() => (short)ReadSigned("an Int16 (-32768 to 32767)", short.MinValue, short.MaxValue);

    /// <summary>Reads an integer of any encoding whose value is in the range of the type.</summary>
    /// <exception cref="MessagePackException">The next value is not an integer, or it is out of range.</exception>
    public ushort ReadUInt16() => (ushort)ReadUnsigned("a UInt16 (0 to 65535)", ushort.MaxValue);

    /// <summary>Reads a UTF-16 code unit, which is encoded as an integer.</summary>
    /// <exception cref="MessagePackException">The next value is not an integer, or it is out of range.</exception>
    public char ReadChar() => (char)ReadUnsigned("a Char (an integer from 0 to 65535)", char.MaxValue);

    /// <summary>Reads an integer of any encoding whose value is in the range of the type.</summary>
    /// <exception cref="MessagePackException">The next value is not an integer, or it is out of range.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadInt32()
    {
        if (!End)
        {
            byte code = Next;

            // The code of a fixint, positive (00..7f) or negative (e0..ff), is its value.
            if ((byte)(code + 32) < 160)
            {
                _position++;
                return (sbyte)code;
            }
        }

        return (int)ReadSigned("an Int32", int.MinValue, int.MaxValue);
    }

    /// <summary>Reads an integer of any encoding whose value is in the range of the type.</summary>
    /// <exception cref="MessagePackException">The next value is not an integer, or it is out of range.</exception>
    public uint ReadUInt32() => (uint)ReadUnsigned("a UInt32", uint.MaxValue);

    /// <summary>Reads an integer of any encoding whose value is in the range of the type.</summary>
    /// <exception cref="MessagePackException">The next value is not an integer, or it is out of range.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadInt64()
    {
        if (!End)
        {
            byte code = Next;
            if ((byte)(code + 32) < 160)
            {
                _position++;
                return (sbyte)code;
            }
        }

        return ReadSigned("an Int64", long.MinValue, long.MaxValue);
    }

    /// <summary>Reads an integer of any encoding whose value is in the range of the type.</summary>
    /// <exception cref="MessagePackException">The next value is not an integer, or it is out of range.</exception>
    public ulong ReadUInt64() => ReadUnsigned("a UInt64", ulong.MaxValue);

    /// <summary>Reads a float 32, a float 64 or an integer. The value is rounded to a <see cref="float"/>.</summary>
    /// <exception cref="MessagePackException">
    /// The next value is not a number, or it is a finite float 64 that exceeds the range of <see cref="float"/>.
    /// </exception>
    public float ReadSingle()
    {
        const string Expected = "a Single";
        byte code = Peek(Expected);
        if (code == MessagePackCode.Float32)
        {
            return BinaryPrimitives.ReadSingleBigEndian(ReadBlock(Expected, 1, sizeof(float)));
        }

        int start = _position;
        double wide = ReadFloatingPoint(Expected, code);
        float narrow = (float)wide;
        if (float.IsInfinity(narrow) && double.IsFinite(wide))
        {
            ReadFailure.ThrowOutOfRange(Expected, $"the float {wide:R}, which is out of range", start);
        }

        return narrow;
    }

    /// <summary>Reads a float 32, a float 64 or an integer. An integer whose magnitude exceeds 2^53 is rounded.</summary>
    /// <exception cref="MessagePackException">The next value is not a number.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double ReadDouble()
    {
        const string Expected = "a Double";
        if (Remaining > sizeof(double) && Next == MessagePackCode.Float64)
        {
            return BinaryPrimitives.ReadDoubleBigEndian(ReadBlockUnchecked(1, sizeof(double)));
        }

        return ReadFloatingPoint(Expected, Peek(Expected));
    }

    private double ReadFloatingPoint(string expected, byte code)
    {
        if (code == MessagePackCode.Float64)
        {
            return BinaryPrimitives.ReadDoubleBigEndian(ReadBlock(expected, 1, sizeof(double)));
        }

        if (code == MessagePackCode.Float32)
        {
            return BinaryPrimitives.ReadSingleBigEndian(ReadBlock(expected, 1, sizeof(float)));
        }

        long bits = ReadInteger(expected, out bool aboveInt64);
        return aboveInt64 ? (ulong)bits : bits;
    }

    private long ReadSigned(string expected, long min, long max)
    {
        int start = _position;
        long value = ReadInteger(expected, out bool aboveInt64);
        if (aboveInt64 || value < min || value > max)
        {
            ReadFailure.ThrowOutOfRange(expected, value, aboveInt64, start);
        }

        return value;
    }

    private ulong ReadUnsigned(string expected, ulong max)
    {
        int start = _position;
        long value = ReadInteger(expected, out bool aboveInt64);
        if ((value < 0 && !aboveInt64) || (ulong)value > max)
        {
            ReadFailure.ThrowOutOfRange(expected, value, aboveInt64, start);
        }

        return (ulong)value;
    }

    /// <summary>Reads an integer of any encoding. For a value above <see cref="long.MaxValue"/> it returns the bits of the ulong.</summary>
    internal long ReadInteger(string expected, out bool aboveInt64)
    {
        aboveInt64 = false;
        byte code = Peek(expected);
        switch (code)
        {
            case <= MessagePackCode.MaxPositiveFixInt or >= MessagePackCode.MinNegativeFixInt:
                _position++;
                return (sbyte)code;
            case MessagePackCode.UInt8:
                return ReadBlock(expected, 1, sizeof(byte))[0];
            case MessagePackCode.UInt16:
                return BinaryPrimitives.ReadUInt16BigEndian(ReadBlock(expected, 1, sizeof(ushort)));
            case MessagePackCode.UInt32:
                return BinaryPrimitives.ReadUInt32BigEndian(ReadBlock(expected, 1, sizeof(uint)));
            case MessagePackCode.UInt64:
                long bits = BinaryPrimitives.ReadInt64BigEndian(ReadBlock(expected, 1, sizeof(ulong)));
                aboveInt64 = bits < 0;
                return bits;
            case MessagePackCode.Int8:
                return (sbyte)ReadBlock(expected, 1, sizeof(sbyte))[0];
            case MessagePackCode.Int16:
                return BinaryPrimitives.ReadInt16BigEndian(ReadBlock(expected, 1, sizeof(short)));
            case MessagePackCode.Int32:
                return BinaryPrimitives.ReadInt32BigEndian(ReadBlock(expected, 1, sizeof(int)));
            case MessagePackCode.Int64:
                return BinaryPrimitives.ReadInt64BigEndian(ReadBlock(expected, 1, sizeof(long)));
            default:
                ReadFailure.ThrowUnexpected(expected, _input, _position);
                return 0;
        }
    }
}

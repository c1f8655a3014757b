using System.Buffers.Binary;
using System.Text;

namespace TunnelRpc.Micro.Codec;

/// <summary>
/// A handwritten codec for the MessagePack encoding of <see cref="KeyedEntry"/>. It supports only this type, so it shows the lower bound of
/// the cost.
/// </summary>
internal static class HandCodec
{
    public static int Write(Span<byte> target, Entry value)
    {
        target[0] = 0x95;
        int at = 1 + WriteInteger(target[1..], value.Id);
        int name = Encoding.UTF8.GetBytes(value.Name, target[(at + 1)..]);
        if (name > 31)
        {
            throw new ArgumentException($"Expected a name of at most 31 bytes, got {name}.", nameof(value));
        }

        target[at] = (byte)(0xa0 | name);
        at += 1 + name;
        target[at] = 0xcb;
        BinaryPrimitives.WriteDoubleBigEndian(target[(at + 1)..], value.Value);
        at += 9;
        at += WriteInteger(target[at..], value.Count);
        target[at] = value.Active ? (byte)0xc3 : (byte)0xc2;
        return at + 1;
    }

    public static Entry Read(ReadOnlySpan<byte> source)
    {
        Expect(source[0] == 0x95);
        int at = 1;
        int id = (int)ReadInteger(source, ref at);
        Expect((source[at] & 0xe0) == 0xa0);
        int length = source[at] & 31;
        string name = Encoding.UTF8.GetString(source.Slice(at + 1, length));
        at += 1 + length;
        Expect(source[at] == 0xcb);
        double value = BinaryPrimitives.ReadDoubleBigEndian(source[(at + 1)..]);
        at += 9;
        long count = ReadInteger(source, ref at);
        Expect(source[at] is 0xc2 or 0xc3);
        return new Entry { Id = id, Name = name, Value = value, Count = count, Active = source[at] == 0xc3 };
    }

    // Integers below 128 take one byte, all others nine.
    private static int WriteInteger(Span<byte> target, long value)
    {
        if ((ulong)value < 128)
        {
            target[0] = (byte)value;
            return 1;
        }

        target[0] = 0xd3;
        BinaryPrimitives.WriteInt64BigEndian(target[1..], value);
        return 9;
    }

    private static long ReadInteger(ReadOnlySpan<byte> source, ref int at)
    {
        byte code = source[at];
        if (code < 128)
        {
            at++;
            return code;
        }

        Expect(code == 0xd3);
        long value = BinaryPrimitives.ReadInt64BigEndian(source[(at + 1)..]);
        at += 9;
        return value;
    }

    private static void Expect(bool isValid)
    {
        if (!isValid)
        {
            throw new InvalidDataException("Expected the encoding that this codec writes, got another one.");
        }
    }
}

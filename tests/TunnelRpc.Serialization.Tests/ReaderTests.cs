namespace TunnelRpc.Serialization.Tests;

public class ReaderTests
{
    [Theory]
    [InlineData("05")]
    [InlineData("cc05")]
    [InlineData("cd0005")]
    [InlineData("ce00000005")]
    [InlineData("cf0000000000000005")]
    [InlineData("d005")]
    [InlineData("d10005")]
    [InlineData("d200000005")]
    [InlineData("d30000000000000005")]
    public void Integer_of_any_encoding_is_read_as_any_type_in_range(string hex)
    {
        byte[] bytes = Codec.Bytes(hex);

        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadByte()).ShouldBe((byte)5);
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadSByte()).ShouldBe((sbyte)5);
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadInt16()).ShouldBe((short)5);
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadUInt16()).ShouldBe((ushort)5);
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadInt32()).ShouldBe(5);
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadUInt32()).ShouldBe(5u);
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadInt64()).ShouldBe(5L);
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadUInt64()).ShouldBe(5ul);
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadChar()).ShouldBe('\u0005');
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadSingle()).ShouldBe(5f);
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadDouble()).ShouldBe(5d);
    }

    [Theory]
    [InlineData("ff", -1)]
    [InlineData("e0", -32)]
    [InlineData("d0ff", -1)]
    [InlineData("d1ffff", -1)]
    [InlineData("d2ffffffff", -1)]
    [InlineData("d3ffffffffffffffff", -1)]
    [InlineData("d080", -128)]
    [InlineData("d18000", -32768)]
    [InlineData("d280000000", int.MinValue)]
    [InlineData("d38000000000000000", long.MinValue)]
    [InlineData("cf7fffffffffffffff", long.MaxValue)]
    [InlineData("ceffffffff", uint.MaxValue)]
    public void Integer_preserves_sign_and_value(string hex, long value)
    {
        Codec.Read(Codec.Bytes(hex), (ref MessagePackReader reader) => reader.ReadInt64()).ShouldBe(value);
        Codec.Read(Codec.Bytes(hex), (ref MessagePackReader reader) => reader.ReadDouble()).ShouldBe(value);
    }

    [Fact]
    public void Out_of_range_integer_is_rejected_with_type_and_value()
    {
        Codec.ReadError("cd0100", (ref MessagePackReader reader) => reader.ReadByte())
            .ShouldBe("Expected a Byte (0 to 255) at offset 0, got the integer 256, which is out of range.");
        Codec.ReadError("ff", (ref MessagePackReader reader) => reader.ReadByte()).ShouldContain("integer -1");
        Codec.ReadError("cc80", (ref MessagePackReader reader) => reader.ReadSByte()).ShouldContain("integer 128");
        Codec.ReadError("d0 80 ", (ref MessagePackReader reader) => reader.ReadUInt16()).ShouldContain("integer -128");
        Codec.ReadError("cd8000", (ref MessagePackReader reader) => reader.ReadInt16()).ShouldContain("integer 32768");
        Codec.ReadError("ce00010000", (ref MessagePackReader reader) => reader.ReadUInt16()).ShouldContain("integer 65536");
        Codec.ReadError("ce00010000", (ref MessagePackReader reader) => reader.ReadChar()).ShouldContain("a Char");
        Codec.ReadError("ce80000000", (ref MessagePackReader reader) => reader.ReadInt32()).ShouldContain("integer 2147483648");
        Codec.ReadError("cf0000000100000000", (ref MessagePackReader reader) => reader.ReadUInt32()).ShouldContain("integer 4294967296");
        Codec.ReadError("cfffffffffffffffff", (ref MessagePackReader reader) => reader.ReadInt64())
            .ShouldContain("integer 18446744073709551615");
        Codec.ReadError("cfffffffffffffffff", (ref MessagePackReader reader) => reader.ReadInt32())
            .ShouldContain("integer 18446744073709551615");
        Codec.ReadError("d3ffffffffffffffff", (ref MessagePackReader reader) => reader.ReadUInt64()).ShouldContain("integer -1");
    }

    [Theory]
    [InlineData("ca3fc00000", 1.5)]
    [InlineData("cb3ff8000000000000", 1.5)]
    [InlineData("ca7f800000", double.PositiveInfinity)]
    [InlineData("cbfff0000000000000", double.NegativeInfinity)]
    [InlineData("cb7ff8000000000000", double.NaN)]
    [InlineData("ca7fc00000", double.NaN)]
    public void Floats_of_either_width_are_read_as_either_type(string hex, double value)
    {
        Codec.Read(Codec.Bytes(hex), (ref MessagePackReader reader) => reader.ReadDouble()).ShouldBe(value);
        Codec.Read(Codec.Bytes(hex), (ref MessagePackReader reader) => reader.ReadSingle()).ShouldBe((float)value);
    }

    [Fact]
    public void Double_read_as_single_is_rounded_or_rejected_out_of_range()
    {
        byte[] tenth = Codec.Write((ref MessagePackWriter writer) => writer.Write(0.1));

        Codec.Read(tenth, (ref MessagePackReader reader) => reader.ReadSingle()).ShouldBe(0.1f);
        Codec.ReadError("cb7fe0000000000000", (ref MessagePackReader reader) => reader.ReadSingle()).ShouldContain("a Single");
        Codec.Read(Codec.Bytes("cfffffffffffffffff"), (ref MessagePackReader reader) => reader.ReadDouble())
            .ShouldBe(18446744073709551615d);
    }

    [Fact]
    public void Nil_and_booleans_are_read()
    {
        byte[] bytes = Codec.Bytes("c0c2c3c0");
        MessagePackReader reader = new(bytes);

        reader.TryReadNil().ShouldBeTrue();
        reader.TryReadNil().ShouldBeFalse();
        reader.ReadBoolean().ShouldBeFalse();
        reader.ReadBoolean().ShouldBeTrue();
        reader.ReadNil();

        reader.End.ShouldBeTrue();
        reader.TryReadNil().ShouldBeFalse();
        Codec.ReadError("01", (ref MessagePackReader r) => r.ReadBoolean())
            .ShouldBe("Expected a boolean at offset 0, got an integer (positive fixint, 0x01).");
        Codec.ReadError("c2", (ref MessagePackReader r) =>
        {
            r.ReadNil();
            return 0;
        }).ShouldBe("Expected nil at offset 0, got a boolean (false, 0xc2).");
    }

    [Theory]
    [InlineData("a0", "")]
    [InlineData("a3616263", "abc")]
    [InlineData("d903616263", "abc")]
    [InlineData("da0003616263", "abc")]
    [InlineData("db00000003616263", "abc")]
    [InlineData("a4f09f9880", "😀")]
    public void String_is_read_from_every_encoding(string hex, string text)
    {
        Codec.Read(Codec.Bytes(hex), (ref MessagePackReader reader) => reader.ReadString()).ShouldBe(text);
        Codec.Read(Codec.Bytes(hex), (ref MessagePackReader reader) => reader.ReadNullableString()).ShouldBe(text);
        Codec.Read(Codec.Bytes(hex), (ref MessagePackReader reader) => System.Text.Encoding.UTF8.GetString(reader.ReadUtf8()))
            .ShouldBe(text);
    }

    [Fact]
    public void Nil_is_accepted_only_as_nullable_string()
    {
        Codec.Read<string?>([0xc0], (ref MessagePackReader reader) => reader.ReadNullableString()).ShouldBeNull();
        Codec.ReadError("c0", (ref MessagePackReader reader) => reader.ReadString())
            .ShouldBe("Expected a string at offset 0, got nil (nil, 0xc0).");
    }

    [Theory]
    [InlineData("a1ff")]
    [InlineData("a180")]
    [InlineData("a2c080")]
    [InlineData("a3eda080")]
    [InlineData("a3f09f98")]
    [InlineData("a4f4908080")]
    public void Invalid_utf8_is_rejected(string hex)
    {
        Codec.ReadError(hex, (ref MessagePackReader reader) => reader.ReadString())
            .ShouldBe("Expected a string of valid UTF-8 at offset 1, got invalid bytes.");
    }

    [Theory]
    [InlineData("c403010203")]
    [InlineData("c50003010203")]
    [InlineData("c600000003010203")]
    [InlineData("a3010203")]
    [InlineData("d903010203")]
    public void Binary_data_is_read_from_every_encoding_and_from_strings(string hex)
    {
        Codec.Read(Codec.Bytes(hex), (ref MessagePackReader reader) => reader.ReadBinary().ToArray()).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void Binary_data_is_rejected_as_string()
    {
        Codec.ReadError("c403010203", (ref MessagePackReader reader) => reader.ReadString()).ShouldContain("got binary data (bin 8, 0xc4)");
        Codec.ReadError("93010203", (ref MessagePackReader reader) => reader.ReadBinary().Length)
            .ShouldContain("got an array (fixarray, 0x93)");
    }

    [Theory]
    [InlineData("d405aa", 1)]
    [InlineData("d505aaaa", 2)]
    [InlineData("d605aaaaaaaa", 4)]
    [InlineData("d705aaaaaaaaaaaaaaaa", 8)]
    [InlineData("d805aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 16)]
    [InlineData("c70005", 0)]
    [InlineData("c70305aaaaaa", 3)]
    [InlineData("c8000305aaaaaa", 3)]
    [InlineData("c90000000305aaaaaa", 3)]
    public void Extension_is_read_from_every_encoding(string hex, int length)
    {
        MessagePackReader reader = new(Codec.Bytes(hex));

        ReadOnlySpan<byte> data = reader.ReadExtension(out sbyte type);

        type.ShouldBe((sbyte)5);
        data.ToArray().ShouldBe([.. Enumerable.Repeat((byte)0xaa, length)]);
        reader.End.ShouldBeTrue();
    }

    [Theory]
    [InlineData("92c0c0", 2)]
    [InlineData("dc0002c0c0", 2)]
    [InlineData("dd00000002c0c0", 2)]
    public void Array_header_is_read_from_every_encoding(string hex, int count)
    {
        MessagePackReader reader = new(Codec.Bytes(hex));

        reader.ReadArrayHeader().ShouldBe(count);

        reader.Remaining.ShouldBe(2);
    }

    [Theory]
    [InlineData("81c0c0")]
    [InlineData("de0001c0c0")]
    [InlineData("df00000001c0c0")]
    public void Map_header_is_read_from_every_encoding(string hex)
    {
        MessagePackReader reader = new(Codec.Bytes(hex));

        reader.ReadMapHeader().ShouldBe(1);

        reader.Remaining.ShouldBe(2);
    }

    [Theory]
    [InlineData("91")]
    [InlineData("93c0c0")]
    [InlineData("dc0003c0c0")]
    [InlineData("ddffffffffc0c0")]
    [InlineData("dd7fffffffc0c0")]
    public void Array_claiming_more_elements_than_bytes_is_rejected(string hex)
    {
        Codec.ReadError(hex, (ref MessagePackReader reader) => reader.ReadArrayHeader()).ShouldContain("claims");
    }

    [Theory]
    [InlineData("81c0")]
    [InlineData("82c0c0c0")]
    [InlineData("de0002c0c0c0")]
    [InlineData("dfffffffffc0c0")]
    [InlineData("df7fffffffc0c0")]
    [InlineData("df80000001c0c0")]
    public void Map_claiming_more_pairs_than_half_of_bytes_is_rejected(string hex)
    {
        Codec.ReadError(hex, (ref MessagePackReader reader) => reader.ReadMapHeader()).ShouldContain("claims");
    }

    [Theory]
    [InlineData("a161")]
    [InlineData("dc01")]
    [InlineData("dd000000")]
    [InlineData("")]
    [InlineData("81c0c0")]
    [InlineData("c1")]
    public void Value_other_than_array_is_rejected_as_array(string hex)
    {
        Codec.ReadError(hex, (ref MessagePackReader reader) => reader.ReadArrayHeader()).ShouldContain("an array");
    }

    [Fact]
    public void Truncated_value_is_rejected()
    {
        byte[][] values =
        [
            [0xcc, 1], [0xcd, 1, 2], [0xce, 1, 2, 3, 4], [0xcf, 1, 2, 3, 4, 5, 6, 7, 8], [0xd0, 1], [0xd1, 1, 2], [0xd2, 1, 2, 3, 4],
            [0xd3, 1, 2, 3, 4, 5, 6, 7, 8],
            [0xca, 1, 2, 3, 4], [0xcb, 1, 2, 3, 4, 5, 6, 7, 8], [0xa2, 0x61, 0x61], [0xd9, 1, 0x61], [0xda, 0, 1, 0x61],
            [0xdb, 0, 0, 0, 1, 0x61],
            [0xc4, 1, 1], [0xc5, 0, 1, 1], [0xc6, 0, 0, 0, 1, 1], [0xc7, 1, 1, 1], [0xc8, 0, 1, 1, 1], [0xc9, 0, 0, 0, 1, 1, 1],
            [0xd4, 1, 1], [0xd5, 1, 1, 1], [0xd6, 1, 1, 1, 1, 1], [0x91, 1], [0xdc, 0, 1, 1], [0xdd, 0, 0, 0, 1, 1], [0x81, 1, 1],
            [0xde, 0, 1, 1, 1], [0xdf, 0, 0, 0, 1, 1, 1],
        ];

        foreach (byte[] value in values)
        {
            MessagePackReader whole = new(value);
            whole.Skip();
            whole.End.ShouldBeTrue(Codec.Hex(value));
            for (int length = 0; length < value.Length; length++)
            {
                string cut = Codec.Hex(value.AsSpan(0, length));
                Codec.ReadError(cut, (ref MessagePackReader reader) =>
                {
                    reader.Skip();
                    return 0;
                }).ShouldStartWith("Expected");
            }
        }
    }

    [Theory]
    [InlineData("d6ff00000001", "1970-01-01T00:00:01Z")]
    [InlineData("d7ff0000000000000001", "1970-01-01T00:00:01Z")]
    [InlineData("c70cff000000000000000000000001", "1970-01-01T00:00:01Z")]
    [InlineData("c70cff000000630000000000000001", "1970-01-01T00:00:01Z")]
    [InlineData("c70cff000000640000000000000001", "1970-01-01T00:00:01.0000001Z")]
    [InlineData("c704ff00000001", "1970-01-01T00:00:01Z")]
    public void Timestamp_is_read_from_every_format_and_truncated_to_ticks(string hex, string text)
    {
        DateTime read = Codec.Read(Codec.Bytes(hex), (ref MessagePackReader reader) => reader.ReadTimestamp());

        read.ShouldBe(DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime);
        read.Kind.ShouldBe(DateTimeKind.Utc);
    }

    [Theory]
    [InlineData("c70cff3b9aca000000000000000000", "1000000000 nanoseconds")]
    [InlineData("d7ffffffffffffffffff", "nanoseconds")]
    [InlineData("c70cff000000000000003afff44180", "years 1 to 9999")]
    [InlineData("c70cff00000000fffffff1886e08ff", "years 1 to 9999")]
    [InlineData("c70cff000000007fffffffffffffff", "years 1 to 9999")]
    [InlineData("c70cff000000008000000000000000", "years 1 to 9999")]
    [InlineData("d5ff0000", "4, 8 or 12 bytes")]
    [InlineData("d60100000000", "extension of type 1")]
    [InlineData("01", "got an integer")]
    public void Timestamp_with_invalid_range_or_format_is_rejected(string hex, string part)
    {
        Codec.ReadError(hex, (ref MessagePackReader reader) => reader.ReadTimestamp()).ShouldContain(part);
    }

    [Theory]
    [InlineData(0, 0, "d6ff00000000")]
    [InlineData(0, 999_999_999, "d7ffee6b27fc00000000")]
    [InlineData(-62167219200, 0, "c70cff00000000fffffff1868b8400")]
    [InlineData(long.MinValue, 1, "c70cff000000018000000000000000")]
    [InlineData(long.MaxValue, 999_999_999, "c70cff3b9ac9ff7fffffffffffffff")]
    public void Timestamp_beyond_DateTime_range_round_trips(long seconds, uint nanoseconds, string hex)
    {
        byte[] bytes = Codec.Write((ref MessagePackWriter writer) => writer.WriteTimestamp(seconds, nanoseconds));
        MessagePackReader reader = new(bytes);

        reader.ReadTimestamp(out long secondsRead, out uint nanosecondsRead);

        Codec.Hex(bytes).ShouldBe(hex);
        (secondsRead, nanosecondsRead).ShouldBe((seconds, nanoseconds));
        Should.Throw<ArgumentOutOfRangeException>(
            () => Codec.Write((ref MessagePackWriter writer) => writer.WriteTimestamp(0, 1_000_000_000)));
    }

    [Fact]
    public void NextType_is_defined_for_every_first_byte()
    {
        Dictionary<MessagePackType, int> counts = [];

        for (int code = 0; code < 256; code++)
        {
            MessagePackReader reader = new([(byte)code]);
            counts[reader.NextType] = counts.GetValueOrDefault(reader.NextType) + 1;
        }

        counts.ShouldBe(
            new Dictionary<MessagePackType, int>
            {
                [MessagePackType.Integer] = 128 + 32 + 8,
                [MessagePackType.Map] = 16 + 2,
                [MessagePackType.Array] = 16 + 2,
                [MessagePackType.String] = 32 + 3,
                [MessagePackType.Nil] = 1,
                [MessagePackType.Reserved] = 1,
                [MessagePackType.Boolean] = 2,
                [MessagePackType.Binary] = 3,
                [MessagePackType.Extension] = 3 + 5,
                [MessagePackType.Float] = 2,
            },
            ignoreOrder: true);
        new MessagePackReader([]).NextType.ShouldBe(MessagePackType.End);
    }

    [Fact]
    public void Reserved_byte_is_rejected_by_name()
    {
        Codec.ReadError("c1", (ref MessagePackReader reader) => reader.ReadInt32())
            .ShouldContain("a byte that MessagePack never uses (the reserved byte, 0xc1)");
        Codec.ReadError("c1", (ref MessagePackReader reader) => reader.ReadRaw().Length).ShouldContain("0xc1");
    }

    [Fact]
    public void ReadRaw_returns_bytes_of_exactly_one_value()
    {
        byte[] bytes = Codec.Bytes("00" + "82a16192c0c301a162" + "02");
        MessagePackReader reader = new(bytes);
        reader.ReadInt32();

        reader.ReadRaw().ToArray().ShouldBe(bytes[1..^1]);

        reader.Position.ShouldBe(bytes.Length - 1);
        reader.Length.ShouldBe(bytes.Length);
    }

    [Fact]
    public void Skip_of_deeply_nested_data_uses_no_stack()
    {
        byte[] deep = new byte[10_000_000];
        deep.AsSpan().Fill(0x91);
        deep[^1] = 0xc0;
        MessagePackReader reader = new(deep);

        reader.Skip();

        reader.End.ShouldBeTrue();
    }

    [Fact]
    public void Skip_of_nested_counts_beyond_bytes_is_rejected()
    {
        // Each count alone is valid. Together they claim more elements than there are bytes.
        byte[] bytes = Codec.Bytes("93" + "93" + "c0c0");

        Codec.ReadError(Codec.Hex(bytes), (ref MessagePackReader reader) => reader.ReadRaw().Length).ShouldContain("claims");
    }

    [Fact]
    public void Read_depth_above_limit_is_rejected_with_limit()
    {
        Codec.Reading<int> Enter(int levels) => (ref MessagePackReader reader) =>
        {
            for (int i = 0; i < levels; i++)
            {
                reader.IncrementDepth();
            }

            for (int i = 0; i < levels; i++)
            {
                reader.DecrementDepth();
            }

            return levels;
        };

        Codec.Read([], Enter(64)).ShouldBe(64);
        Codec.ReadError("", Enter(65)).ShouldContain("limit of 64");
    }
}

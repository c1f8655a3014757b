using System.Buffers;

namespace TunnelRpc.Serialization.Tests;

public class WriterTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(1, "01")]
    [InlineData(127, "7f")]
    [InlineData(128, "cc80")]
    [InlineData(255, "ccff")]
    [InlineData(256, "cd0100")]
    [InlineData(65535, "cdffff")]
    [InlineData(65536, "ce00010000")]
    [InlineData(4294967295, "ceffffffff")]
    [InlineData(4294967296, "cf0000000100000000")]
    [InlineData(long.MaxValue, "cf7fffffffffffffff")]
    [InlineData(-1, "ff")]
    [InlineData(-32, "e0")]
    [InlineData(-33, "d0df")]
    [InlineData(-128, "d080")]
    [InlineData(-129, "d1ff7f")]
    [InlineData(-32768, "d18000")]
    [InlineData(-32769, "d2ffff7fff")]
    [InlineData(int.MinValue, "d280000000")]
    [InlineData(int.MinValue - 1L, "d3ffffffff7fffffff")]
    [InlineData(long.MinValue, "d38000000000000000")]
    public void Integer_of_any_type_is_written_in_smallest_encoding(long value, string hex)
    {
        List<string> encodings = [Codec.Hex(Codec.Write((ref MessagePackWriter writer) => writer.Write(value)))];

        void AlsoIfItFits<T>(long min, long max, Codec.Writing write)
        {
            if (value >= min && value <= max)
            {
                encodings.Add(Codec.Hex(Codec.Write(write)));
            }
        }

        AlsoIfItFits<byte>(byte.MinValue, byte.MaxValue, (ref MessagePackWriter writer) => writer.Write((byte)value));
        AlsoIfItFits<sbyte>(sbyte.MinValue, sbyte.MaxValue, (ref MessagePackWriter writer) => writer.Write((sbyte)value));
        AlsoIfItFits<short>(short.MinValue, short.MaxValue, (ref MessagePackWriter writer) => writer.Write((short)value));
        AlsoIfItFits<ushort>(ushort.MinValue, ushort.MaxValue, (ref MessagePackWriter writer) => writer.Write((ushort)value));
        AlsoIfItFits<char>(char.MinValue, char.MaxValue, (ref MessagePackWriter writer) => writer.Write((char)value));
        AlsoIfItFits<int>(int.MinValue, int.MaxValue, (ref MessagePackWriter writer) => writer.Write((int)value));
        AlsoIfItFits<uint>(uint.MinValue, uint.MaxValue, (ref MessagePackWriter writer) => writer.Write((uint)value));
        AlsoIfItFits<ulong>(0, long.MaxValue, (ref MessagePackWriter writer) => writer.Write((ulong)value));

        encodings.ShouldAllBe(encoding => encoding == hex);
    }

    [Fact]
    public void Largest_ulong_is_written_as_uint64()
    {
        byte[] bytes = Codec.Write((ref MessagePackWriter writer) => writer.Write(ulong.MaxValue));

        Codec.Hex(bytes).ShouldBe("cfffffffffffffffff");
    }

    [Fact]
    public void Nil_booleans_and_floats_are_written_as_specified()
    {
        byte[] bytes = Codec.Write((ref MessagePackWriter writer) =>
        {
            writer.WriteNil();
            writer.Write(false);
            writer.Write(true);
            writer.Write(1.5f);
            writer.Write(1.5);
            writer.Write((string?)null);
        });

        Codec.Hex(bytes).ShouldBe("c0" + "c2" + "c3" + "ca3fc00000" + "cb3ff8000000000000" + "c0");
    }

    [Theory]
    [InlineData(0, "a0")]
    [InlineData(31, "bf")]
    [InlineData(32, "d920")]
    [InlineData(255, "d9ff")]
    [InlineData(256, "da0100")]
    [InlineData(1024, "da0400")]
    [InlineData(1025, "da0401")]
    [InlineData(65535, "daffff")]
    [InlineData(65536, "db00010000")]
    public void String_has_shortest_header_for_byte_count(int bytes, string header)
    {
        string text = new('x', bytes);

        byte[] fromString = Codec.Write((ref MessagePackWriter writer) => writer.Write(text));
        byte[] fromChars = Codec.Write((ref MessagePackWriter writer) => writer.WriteString(text.AsSpan()));
        byte[] fromUtf8 = Codec.Write((ref MessagePackWriter writer) => writer.WriteUtf8(System.Text.Encoding.UTF8.GetBytes(text)));

        Codec.Hex(fromString).ShouldBe(header + Codec.Hex(System.Text.Encoding.UTF8.GetBytes(text)));
        fromChars.ShouldBe(fromString);
        fromUtf8.ShouldBe(fromString);
    }

    [Theory]
    [InlineData("é", 15, "be")]
    [InlineData("é", 16, "d920")]
    [InlineData("漢", 11, "d921")]
    [InlineData("漢", 85, "d9ff")]
    [InlineData("漢", 86, "da0102")]
    [InlineData("😀", 7, "bc")]
    [InlineData("😀", 8, "d920")]
    [InlineData("😀", 64, "da0100")]
    [InlineData("漢", 21845, "daffff")]
    [InlineData("漢", 21846, "db00010002")]
    public void Non_ASCII_string_has_shortest_header_for_byte_count(string character, int times, string header)
    {
        string text = string.Concat(Enumerable.Repeat(character, times));

        byte[] bytes = Codec.Write((ref MessagePackWriter writer) => writer.Write(text));

        Codec.Hex(bytes).ShouldBe(header + Codec.Hex(System.Text.Encoding.UTF8.GetBytes(text)));
        Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadString()).ShouldBe(text);
    }

    [Fact]
    public void String_with_non_ASCII_character_at_any_index_is_written()
    {
        foreach (string character in (string[])["é", "漢", "😀", "\u0080", "\0"])
        {
            for (int length = 1; length <= 40; length++)
            {
                for (int index = 0; index < length; index++)
                {
                    string text = new string('x', index) + character + new string('y', length - 1 - index);

                    byte[] bytes = Codec.Write((ref MessagePackWriter writer) => writer.Write(text));

                    Codec.Hex(bytes).ShouldEndWith(Codec.Hex(System.Text.Encoding.UTF8.GetBytes(text)));
                    Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadString()).ShouldBe(text);
                }
            }
        }
    }

    [Theory]
    [InlineData("", '\ud800', "")]
    [InlineData("ab", '\udc00', "")]
    [InlineData("a", '\ud800', "b")]
    public void Lone_surrogate_is_rejected_and_writes_nothing(string before, char surrogate, string after)
    {
        // The text is concatenated here, since an attribute argument cannot contain a lone surrogate.
        string text = before + surrogate + after;
        string? message = null;

        byte[] bytes = Codec.Write((ref MessagePackWriter writer) =>
        {
            writer.Write(1);
            try
            {
                writer.Write(text);
            }
            catch (MessagePackException failure)
            {
                message = failure.Message;
            }

            writer.Write(2);
        });

        message.ShouldNotBeNull().ShouldContain($"lone surrogate at index {before.Length}");
        Codec.Hex(bytes).ShouldBe("0102");
    }

    [Theory]
    [InlineData(0, "90", "80")]
    [InlineData(15, "9f", "8f")]
    [InlineData(16, "dc0010", "de0010")]
    [InlineData(65535, "dcffff", "deffff")]
    [InlineData(65536, "dd00010000", "df00010000")]
    [InlineData(int.MaxValue, "dd7fffffff", "df7fffffff")]
    public void Array_and_map_headers_are_shortest(int count, string array, string map)
    {
        byte[] arrayHeader = Codec.Write((ref MessagePackWriter writer) => writer.WriteArrayHeader(count));
        byte[] mapHeader = Codec.Write((ref MessagePackWriter writer) => writer.WriteMapHeader(count));

        Codec.Hex(arrayHeader).ShouldBe(array);
        Codec.Hex(mapHeader).ShouldBe(map);
    }

    [Fact]
    public void Negative_count_throws_ArgumentOutOfRangeException()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Codec.Write((ref MessagePackWriter writer) => writer.WriteArrayHeader(-1)));
        Should.Throw<ArgumentOutOfRangeException>(() => Codec.Write((ref MessagePackWriter writer) => writer.WriteMapHeader(-1)));
    }

    [Theory]
    [InlineData(0, "c400", "c70005")]
    [InlineData(1, "c401", "d405")]
    [InlineData(2, "c402", "d505")]
    [InlineData(3, "c403", "c70305")]
    [InlineData(4, "c404", "d605")]
    [InlineData(8, "c408", "d705")]
    [InlineData(16, "c410", "d805")]
    [InlineData(17, "c411", "c71105")]
    [InlineData(255, "c4ff", "c7ff05")]
    [InlineData(256, "c50100", "c8010005")]
    [InlineData(65535, "c5ffff", "c8ffff05")]
    [InlineData(65536, "c600010000", "c90001000005")]
    public void Binary_data_and_extensions_have_shortest_header(int length, string binary, string extension)
    {
        byte[] data = new byte[length];
        data.AsSpan().Fill(0xab);

        byte[] binaryBytes = Codec.Write((ref MessagePackWriter writer) => writer.WriteBinary(data));
        byte[] extensionBytes = Codec.Write((ref MessagePackWriter writer) => writer.WriteExtension(5, data));

        Codec.Hex(binaryBytes).ShouldBe(binary + Codec.Hex(data));
        Codec.Hex(extensionBytes).ShouldBe(extension + Codec.Hex(data));
    }

    [Theory]
    [InlineData("1970-01-01T00:00:00Z", "d6ff00000000")]
    [InlineData("2106-02-07T06:28:15Z", "d6ffffffffff")]
    [InlineData("2106-02-07T06:28:16Z", "d7ff0000000100000000")]
    [InlineData("1970-01-01T00:00:00.0000001Z", "d7ff0000019000000000")]
    [InlineData("2514-05-30T01:53:03.9999999Z", "d7ffee6b2673ffffffff")]
    [InlineData("2514-05-30T01:53:04Z", "c70cff000000000000000400000000")]
    [InlineData("1969-12-31T23:59:59.5Z", "c70cff1dcd6500ffffffffffffffff")]
    [InlineData("0001-01-01T00:00:00Z", "c70cff00000000fffffff1886e0900")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "c70cff3b9ac99c0000003afff4417f")]
    public void Timestamp_is_written_in_smallest_format(string text, string hex)
    {
        DateTime time = DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime;

        byte[] bytes = Codec.Write((ref MessagePackWriter writer) => writer.WriteTimestamp(time));

        Codec.Hex(bytes).ShouldBe(hex);
        DateTime read = Codec.Read(bytes, (ref MessagePackReader reader) => reader.ReadTimestamp());
        read.ShouldBe(time);
        read.Kind.ShouldBe(DateTimeKind.Utc);
    }

    [Fact]
    public void WriteRaw_writes_bytes_unchanged()
    {
        byte[] bytes = Codec.Write((ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(2);
            writer.WriteRaw([0x01]);
            writer.WriteRaw([0xa1, 0x61]);
        });

        Codec.Hex(bytes).ShouldBe("9201a161");
    }

    [Fact]
    public void Write_depth_above_limit_is_rejected_with_limit()
    {
        static void Nest(ref MessagePackWriter writer, int levels)
        {
            for (int i = 0; i < levels; i++)
            {
                writer.IncrementDepth();
            }

            for (int i = 0; i < levels; i++)
            {
                writer.DecrementDepth();
            }
        }

        Should.NotThrow(() => Codec.Write((ref MessagePackWriter writer) =>
        {
            Nest(ref writer, 64);
            Nest(ref writer, 64);
        }));
        Should.Throw<MessagePackException>(() => Codec.Write((ref MessagePackWriter writer) => Nest(ref writer, 65)))
            .Message.ShouldContain("limit of 64");
    }

    [Fact]
    public void Output_with_minimal_spans_receives_same_bytes()
    {
        Codec.Writing everything = (ref MessagePackWriter writer) =>
        {
            writer.Write(70000);
            writer.Write("héllo wörld, of more than thirty-one bytes");
            writer.WriteBinary(new byte[300]);
            writer.WriteExtension(1, new byte[3]);
            writer.WriteTimestamp(DateTime.MaxValue);
            writer.Write(1.25);
        };
        PiecewiseOutput pieces = new();
        MessagePackWriter writer = new(pieces);

        everything(ref writer);
        writer.Flush();

        pieces.Written.ShouldBe(Codec.Write(everything));
    }

    [Fact]
    public void Output_that_violates_contract_is_rejected()
    {
        Should.Throw<MessagePackException>(() =>
        {
            MessagePackWriter writer = new(new PiecewiseOutput { ViolatesContract = true });
            writer.Write(1.5);
        }).Message.ShouldContain("at least 9 bytes");
    }

    [Fact]
    public void Flushed_writer_can_be_reused()
    {
        ArrayBufferWriter<byte> output = new();
        MessagePackWriter writer = new(output);

        writer.Write(1);
        writer.Flush();
        writer.Flush();
        output.WrittenCount.ShouldBe(1);
        writer.Write(2);
        writer.Flush();

        output.WrittenSpan.ToArray().ShouldBe([1, 2]);
    }

    /// <summary>Returns spans of exactly the requested size, or, if it violates the contract, of one byte.</summary>
    private sealed class PiecewiseOutput : IBufferWriter<byte>
    {
        private readonly List<byte> _written = [];
        private byte[] _piece = [];

        public bool ViolatesContract { get; init; }

        public byte[] Written => [.. _written];

        public void Advance(int count) => _written.AddRange(_piece.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _piece = new byte[ViolatesContract ? 1 : Math.Max(sizeHint, 1)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}

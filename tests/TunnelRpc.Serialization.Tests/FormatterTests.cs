using System.Collections.Immutable;
using System.Numerics;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

public class FormatterTests
{
    public static TheoryData<string> Names => [.. Samples.All.Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Value_that_was_read_is_written_as_same_bytes(string name)
    {
        Sample sample = Samples.All.Single(candidate => candidate.Name == name);

        sample.Encodings.ShouldNotBeEmpty();
        foreach (byte[] encoding in sample.Encodings)
        {
            sample.Rewrite(encoding).ShouldBe(encoding);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Encoding_is_one_value_and_is_rejected_when_truncated(string name)
    {
        Sample sample = Samples.All.Single(candidate => candidate.Name == name);

        foreach (byte[] encoding in sample.Encodings.Where(encoding => encoding.Length < 1000))
        {
            Codec.Read(encoding, (ref MessagePackReader reader) => reader.ReadRaw().Length).ShouldBe(encoding.Length);
            for (int length = 0; length < encoding.Length; length++)
            {
                Should.Throw<MessagePackException>(() => sample.Read(encoding.AsSpan(0, length)));
            }
        }
    }

    [Fact]
    public void Values_round_trip()
    {
        RoundTrips(DecimalFormatter.Instance, decimal.MaxValue);
        RoundTrips(DateTimeFormatter.Instance, DateTime.MaxValue);
        RoundTrips(DateTimeOffsetFormatter.Instance, new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromMinutes(-839)));
        RoundTrips(BigIntegerFormatter.Instance, -BigInteger.Pow(7, 300));
        RoundTrips(UriFormatter.Instance, new Uri("http://example.org/ä?x#y"));
        RoundTrips(VersionFormatter.Instance, new Version(1, 2, 3, 4));
        RoundTrips(Int128Formatter.Instance, Int128.MinValue);
        RoundTrips(CharFormatter.Instance, '\ud800');
        RoundTrips(HalfFormatter.Instance, Half.Epsilon);
        RoundTrips(new EnumFormatter<DayOfWeek>(), (DayOfWeek)1000);
        StackFormatter<int> stack = new(Int32Formatter.Instance);
        Codec.Read(stack, Codec.Write(stack, new Stack<int>([1, 2, 3]))).Peek().ShouldBe(3);

        static void RoundTrips<T>(ITunnelFormatter<T> formatter, T value) =>
            Codec.Read(formatter, Codec.Write(formatter, value)).ShouldBe(value);
    }

    [Fact]
    public void Encodings_match_MessagePack_package()
    {
        Is(DecimalFormatter.Instance, 1.50m, "a4" + "312e3530");
        Is(
            GuidFormatter.Instance,
            Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
            "d924" + Codec.Hex("00112233-4455-6677-8899-aabbccddeeff"u8));
        Is(DateTimeFormatter.Instance, new DateTime(1970, 1, 1, 0, 0, 1, DateTimeKind.Utc), "d6ff00000001");
        Is(DateTimeFormatter.Instance, new DateTime(1970, 1, 1, 0, 0, 1, DateTimeKind.Unspecified), "d6ff00000001");
        Is(DateTimeFormatter.Instance, new DateTime(1970, 1, 1, 0, 0, 1, DateTimeKind.Utc).ToLocalTime(), "d6ff00000001");
        Is(DateTimeOffsetFormatter.Instance, new DateTimeOffset(1970, 1, 1, 1, 0, 0, TimeSpan.FromHours(1)), "92" + "d6ff00000e10" + "3c");
        Is(TimeSpanFormatter.Instance, TimeSpan.FromTicks(-1), "ff");
        Is(DateOnlyFormatter.Instance, new DateOnly(1, 1, 2), "01");
        Is(TimeOnlyFormatter.Instance, new TimeOnly(0, 0, 1), "ce00989680");
        Is<BigInteger>(BigIntegerFormatter.Instance, 256, "c402" + "0001");
        Is(BigIntegerFormatter.Instance, BigInteger.Zero, "c40100");
        Is(UriFormatter.Instance, new Uri("http://x/"), "a9" + Codec.Hex("http://x/"u8));
        Is(VersionFormatter.Instance, new Version(1, 2), "a3" + "312e32");
        Is(HalfFormatter.Instance, (Half)1.5, "ca3fc00000");
        Is(CharFormatter.Instance, 'a', "61");
        Is<Int128>(Int128Formatter.Instance, 258, "c410" + "02010000000000000000000000000000");
        Is<Int128>(Int128Formatter.Instance, -1, "c410" + "ffffffffffffffffffffffffffffffff");
        Is<UInt128>(UInt128Formatter.Instance, 1, "c410" + "01000000000000000000000000000000");
        Is(ByteArrayFormatter.Instance, new byte[] { 1, 2 }, "c4020102");
        Is(UnitFormatter.Instance, default(Unit), "c0");
        Is(
            new KeyValuePairFormatter<int, string>(Int32Formatter.Instance, StringFormatter.Instance),
            new KeyValuePair<int, string>(1, "a"),
            "9201a161");
        Is(new ValueTupleFormatter<int, string>(Int32Formatter.Instance, StringFormatter.Instance), (1, "a"), "9201a161");
        Is(new TupleFormatter<int, string>(Int32Formatter.Instance, StringFormatter.Instance), Tuple.Create(1, "a"), "9201a161");
        Is(new EnumFormatter<DayOfWeek>(), DayOfWeek.Tuesday, "02");
        Is(new StackFormatter<int>(Int32Formatter.Instance), new Stack<int>([1, 2]), "920201");
        Is(
            new DictionaryFormatter<string, int>(StringFormatter.Instance, Int32Formatter.Instance),
            new Dictionary<string, int> { ["a"] = 1 },
            "81a16101");

        static void Is<T>(ITunnelFormatter<T> formatter, T value, string hex) => Codec.Hex(Codec.Write(formatter, value)).ShouldBe(hex);
    }

    [Fact]
    public void Enums_of_every_underlying_type_preserve_undefined_values()
    {
        RoundTrips(new EnumFormatter<ByteEnum>(), (ByteEnum)byte.MaxValue, "ccff");
        RoundTrips(new EnumFormatter<SByteEnum>(), (SByteEnum)sbyte.MinValue, "d080");
        RoundTrips(new EnumFormatter<Int16Enum>(), (Int16Enum)short.MinValue, "d18000");
        RoundTrips(new EnumFormatter<UInt16Enum>(), (UInt16Enum)ushort.MaxValue, "cdffff");
        RoundTrips(new EnumFormatter<UInt32Enum>(), (UInt32Enum)uint.MaxValue, "ceffffffff");
        RoundTrips(new EnumFormatter<Int64Enum>(), (Int64Enum)long.MinValue, "d38000000000000000");
        RoundTrips(new EnumFormatter<UInt64Enum>(), (UInt64Enum)ulong.MaxValue, "cfffffffffffffffff");
        Codec.ReadError("cd0100", new EnumFormatter<ByteEnum>().Read).ShouldContain("a Byte");

        static void RoundTrips<T>(ITunnelFormatter<T> formatter, T value, string hex)
        {
            byte[] bytes = Codec.Write(formatter, value);
            Codec.Hex(bytes).ShouldBe(hex);
            Codec.Read(formatter, bytes).ShouldBe(value);
        }
    }

    [Fact]
    public void Null_for_non_nullable_type_is_rejected()
    {
        Rejects(StringFormatter.Instance, "System.String");
        Rejects(UriFormatter.Instance, "System.Uri");
        Rejects(VersionFormatter.Instance, "System.Version");
        Rejects(ByteArrayFormatter.Instance, "System.Byte[]");
        Rejects(new ArrayFormatter<int>(Int32Formatter.Instance), "System.Int32[]");
        Rejects(new ListFormatter<int>(Int32Formatter.Instance), "List");
        Rejects(new InterfaceEnumerableFormatter<int>(Int32Formatter.Instance), "IEnumerable");
        Rejects(new DictionaryFormatter<int, int>(Int32Formatter.Instance, Int32Formatter.Instance), "Dictionary");
        Rejects(new TupleFormatter<int>(Int32Formatter.Instance), "Tuple");

        static void Rejects<T>(ITunnelFormatter<T> formatter, string type)
            where T : class
        {
            string message = Should.Throw<MessagePackException>(() => Codec.Write(formatter, null!)).Message;
            message.ShouldContain("got null");
            message.ShouldContain(type);
            Codec.ReadError("c0", formatter.Read).ShouldContain("got nil");
        }
    }

    [Fact]
    public void Out_of_range_values_are_rejected_when_read()
    {
        Codec.ReadError(Str("1,5"), DecimalFormatter.Instance.Read).ShouldContain("a decimal");
        Codec.ReadError(Str("1e30"), DecimalFormatter.Instance.Read).ShouldContain("a decimal");
        Codec.ReadError(Str(new string('1', 65)), DecimalFormatter.Instance.Read).ShouldContain("at most 64 bytes");
        Codec.ReadError(Str("00112233445566778899aabbccddeeff"), GuidFormatter.Instance.Read).ShouldContain("a Guid");
        Codec.ReadError(Str("00112233-4455-6677-8899-aabbccddeefg"), GuidFormatter.Instance.Read).ShouldContain("a Guid");
        Codec.ReadError("ff", DateOnlyFormatter.Instance.Read).ShouldContain("a DateOnly");
        Codec.ReadError("ce0037b9db", DateOnlyFormatter.Instance.Read).ShouldContain("3652059");
        Codec.ReadError("ff", TimeOnlyFormatter.Instance.Read).ShouldContain("a TimeOnly");
        Codec.ReadError("cf000000c92a69c000", TimeOnlyFormatter.Instance.Read).ShouldContain("864000000000");
        Codec.ReadError("92d6ff00000000cd0349", DateTimeOffsetFormatter.Instance.Read).ShouldContain("841 minutes");
        Codec.ReadError("92c70cff00000000fffffff1886e090001", DateTimeOffsetFormatter.Instance.Read).ShouldContain("1 minutes");
        Codec.ReadError("91d6ff00000000", DateTimeOffsetFormatter.Instance.Read).ShouldContain("array of 2");
        Codec.ReadError("c51001" + new string('0', 2 * 4097), BigIntegerFormatter.Instance.Read).ShouldContain("at most 4096 bytes");
        Codec.ReadError("c40f" + new string('0', 30), Int128Formatter.Instance.Read).ShouldContain("16 bytes");
        Codec.ReadError(Str("1"), VersionFormatter.Instance.Read).ShouldContain("a Version");
        Codec.ReadError(Str("http://"), UriFormatter.Instance.Read).ShouldContain("a Uri");
        Codec.ReadError("a1ff", UriFormatter.Instance.Read).ShouldContain("UTF-8");
        Codec.ReadError(Str("a" + new string('x', 65519)), UriFormatter.Instance.Read).ShouldContain("at most 65519 bytes");
        Codec.ReadError("93010203", new ValueTupleFormatter<int, int>(Int32Formatter.Instance, Int32Formatter.Instance).Read)
            .ShouldContain("an array of 3");
        Codec.ReadError("9101", new KeyValuePairFormatter<int, int>(Int32Formatter.Instance, Int32Formatter.Instance).Read)
            .ShouldContain("an array of 1");

        static string Str(string text) => Codec.Hex(Codec.Write((ref MessagePackWriter writer) => writer.Write(text)));
    }

    [Fact]
    public void Out_of_range_values_are_rejected_when_written()
    {
        Should.Throw<MessagePackException>(() => Codec.Write(BigIntegerFormatter.Instance, BigInteger.Pow(2, 4096 * 8)))
            .Message.ShouldContain("at most 4096 bytes");
        Uri longUri = new("a" + new string('ä', 33000), UriKind.Relative);
        Should.Throw<MessagePackException>(() => Codec.Write(UriFormatter.Instance, longUri)).Message.ShouldContain("at most 65519 bytes");
    }

    [Fact]
    public void Covariant_array_is_written_as_array_of_base_type()
    {
        object[] covariant = new string[] { "a", "b" };
        ObjectFormatter formatter = new();

        byte[] bytes = Codec.Write(new ArrayFormatter<object>(formatter), covariant);

        Codec.Hex(bytes).ShouldBe("92a161a162");
        Codec.Hex(Codec.Write(new InterfaceReadOnlyListFormatter<object>(formatter), covariant)).ShouldBe("92a161a162");
    }

    [Fact]
    public void Collection_with_inconsistent_count_is_rejected()
    {
        InterfaceReadOnlyCollectionFormatter<int> formatter = new(Int32Formatter.Instance);
        Should.Throw<MessagePackException>(() => Codec.Write(formatter, new WrongCountCollection()))
            .Message.ShouldContain("3 elements");
    }

    [Fact]
    public void Interfaces_are_read_as_documented_types()
    {
        Int32Formatter item = Int32Formatter.Instance;

        Codec.Read(new InterfaceReadOnlyListFormatter<int>(item), [0x91, 1]).ShouldBeOfType<int[]>();
        Codec.Read(new InterfaceReadOnlyCollectionFormatter<int>(item), [0x91, 1]).ShouldBeOfType<int[]>();
        Codec.Read(new InterfaceEnumerableFormatter<int>(item), [0x91, 1]).ShouldBeOfType<int[]>();
        Codec.Read(new InterfaceListFormatter<int>(item), [0x91, 1]).ShouldBeOfType<List<int>>();
        Codec.Read(new InterfaceCollectionFormatter<int>(item), [0x91, 1]).ShouldBeOfType<List<int>>();
        Codec.Read(new InterfaceSetFormatter<int>(item), [0x91, 1]).ShouldBeOfType<HashSet<int>>();
        Codec.Read(new InterfaceReadOnlySetFormatter<int>(item), [0x91, 1]).ShouldBeOfType<HashSet<int>>();
        Codec.Read(new InterfaceDictionaryFormatter<int, int>(item, item), [0x81, 1, 2]).ShouldBeOfType<Dictionary<int, int>>();
        Codec.Read(new InterfaceReadOnlyDictionaryFormatter<int, int>(item, item), [0x81, 1, 2]).ShouldBeOfType<Dictionary<int, int>>();
    }

    [Fact]
    public void Cyclic_object_is_rejected_without_stack_overflow()
    {
        Node node = new();
        node.Children.Add(node);

        Should.Throw<MessagePackException>(() => Codec.Write(NodeFormatter.Instance, node)).Message.ShouldContain("limit of 64 levels");
    }

    [Fact]
    public void Too_deeply_nested_data_is_rejected_without_stack_overflow()
    {
        byte[] deep = new byte[100_000];
        deep.AsSpan().Fill(0x91);
        deep[^1] = 0x90;

        Codec.ReadError(Codec.Hex(deep), NodeFormatter.Instance.Read).ShouldContain("limit of 64 levels");
        Codec.Read(NodeFormatter.Instance, deep.AsSpan(^64..)).Children.Count.ShouldBe(1);
    }

    private enum ByteEnum : byte;

    private enum SByteEnum : sbyte;

    private enum Int16Enum : short;

    private enum UInt16Enum : ushort;

    private enum UInt32Enum : uint;

    private enum Int64Enum : long;

    private enum UInt64Enum : ulong;

    /// <summary>A collection of two elements with a count of three.</summary>
    private sealed class WrongCountCollection : IReadOnlyCollection<int>
    {
        public int Count => 3;

        public IEnumerator<int> GetEnumerator() => ImmutableList.Create(1, 2).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class ObjectFormatter : ITunnelFormatter<object>
    {
        public void Write(ref MessagePackWriter writer, object value) => writer.Write((string)value);

        public object Read(ref MessagePackReader reader) => reader.ReadString();
    }
}

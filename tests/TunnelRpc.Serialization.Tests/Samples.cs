using System.Collections.Immutable;
using System.Numerics;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

/// <summary>Every built-in formatter, with values at the limits of its type.</summary>
internal static class Samples
{
    private static readonly Int32Formatter Int = Int32Formatter.Instance;
    private static readonly StringFormatter Text = StringFormatter.Instance;

    public static readonly IReadOnlyList<Sample> All =
    [
        new Sample<bool>("Boolean", BooleanFormatter.Instance, false, true),
        new Sample<byte>("Byte", ByteFormatter.Instance, 0, 127, 128, byte.MaxValue),
        new Sample<sbyte>("SByte", SByteFormatter.Instance, sbyte.MinValue, -33, -32, 0, sbyte.MaxValue),
        new Sample<short>("Int16", Int16Formatter.Instance, short.MinValue, -129, 0, 256, short.MaxValue),
        new Sample<ushort>("UInt16", UInt16Formatter.Instance, 0, 255, ushort.MaxValue),
        new Sample<int>("Int32", Int, int.MinValue, -32769, 0, 65536, int.MaxValue),
        new Sample<uint>("UInt32", UInt32Formatter.Instance, 0, 65535, uint.MaxValue),
        new Sample<long>("Int64", Int64Formatter.Instance, long.MinValue, int.MinValue - 1L, 0, 1L << 32, long.MaxValue),
        new Sample<ulong>("UInt64", UInt64Formatter.Instance, 0, 1ul << 32, ulong.MaxValue),
        new Sample<float>("Single", SingleFormatter.Instance, float.MinValue, -0f, float.Epsilon, float.NaN, float.PositiveInfinity),
        new Sample<double>("Double", DoubleFormatter.Instance, double.MinValue, -0d, double.Epsilon, double.NaN, double.NegativeInfinity),
        new Sample<Half>("Half", HalfFormatter.Instance, Half.MinValue, Half.NegativeZero, Half.Epsilon, Half.NaN, Half.PositiveInfinity),
        new Sample<char>("Char", CharFormatter.Instance, '\0', 'a', '\ud800', char.MaxValue),
        new Sample<string>("String", Text, "", "a", new string('é', 40), new string('x', 70000)),
        new Sample<decimal>(
            "Decimal", DecimalFormatter.Instance, decimal.MinValue, decimal.MaxValue, 1.50m, 0.0000000000000000000000000001m, -0.0m),
        new Sample<Guid>("Guid", GuidFormatter.Instance, Guid.Empty, Guid.AllBitsSet, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")),
        new Sample<DateTime>(
            "DateTime", DateTimeFormatter.Instance, DateTime.MinValue, DateTime.MaxValue, DateTime.UnixEpoch,
            DateTime.UnixEpoch.AddTicks(1)),
        new Sample<DateTimeOffset>(
            "DateTimeOffset", DateTimeOffsetFormatter.Instance, DateTimeOffset.MinValue, DateTimeOffset.MaxValue,
            new(2024, 2, 29, 1, 2, 3, TimeSpan.FromMinutes(-839))),
        new Sample<DateOnly>("DateOnly", DateOnlyFormatter.Instance, DateOnly.MinValue, DateOnly.MaxValue, new(2024, 2, 29)),
        new Sample<TimeOnly>("TimeOnly", TimeOnlyFormatter.Instance, TimeOnly.MinValue, TimeOnly.MaxValue, new(12, 30)),
        new Sample<TimeSpan>("TimeSpan", TimeSpanFormatter.Instance, TimeSpan.MinValue, TimeSpan.Zero, TimeSpan.MaxValue),
        new Sample<BigInteger>(
            "BigInteger", BigIntegerFormatter.Instance, 0, -1, 128, BigInteger.Pow(2, 4096 * 8 - 1) - 1, -BigInteger.Pow(2, 4096 * 8 - 1)),
        new Sample<Uri>(
            "Uri", UriFormatter.Instance, new("http://example.org/ä?x#y"), new("../relative path", UriKind.Relative),
            new("", UriKind.Relative)),
        new Sample<Version>(
            "Version", VersionFormatter.Instance, new(0, 0), new(1, 2, 3), new(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue)),
        new Sample<Int128>("Int128", Int128Formatter.Instance, Int128.MinValue, -1, 0, Int128.MaxValue),
        new Sample<UInt128>("UInt128", UInt128Formatter.Instance, 0, 1, UInt128.MaxValue),
        new Sample<byte[]>("ByteArray", ByteArrayFormatter.Instance, [], [1, 2, 3], new byte[70000]),
        new Sample<Memory<byte>>("MemoryByte", MemoryByteFormatter.Instance, Memory<byte>.Empty, new byte[] { 1, 2 }),
        new Sample<ReadOnlyMemory<byte>>(
            "ReadOnlyMemoryByte", ReadOnlyMemoryByteFormatter.Instance, ReadOnlyMemory<byte>.Empty, new byte[] { 1, 2 }),
        new Sample<Unit>("Unit", UnitFormatter.Instance, default(Unit)),
        new Sample<int?>("Nullable", new NullableFormatter<int>(Int), null, 0, -40),
        new Sample<string?>("NullableReference", new NullableReferenceFormatter<string>(Text), null, "", "x"),
        new Sample<DayOfWeek>("Enum", new EnumFormatter<DayOfWeek>(), DayOfWeek.Sunday, DayOfWeek.Saturday, (DayOfWeek)(-99)),
        new Sample<int[]>("Array", new ArrayFormatter<int>(Int), [], [1], [.. Enumerable.Range(-50, 100)]),
        new Sample<Large[]>("Array of large structs", new ArrayFormatter<Large>(LargeFormatter.Instance), [], new Large[40]),
        new Sample<int[][]>("Array of arrays", new ArrayFormatter<int[]>(new ArrayFormatter<int>(Int)), [[], [1, 2], [3]]),
        new Sample<List<string>>("List", new ListFormatter<string>(Text), [], ["a", "b"]),
        new Sample<List<Large>>("List of large structs", new ListFormatter<Large>(LargeFormatter.Instance), [], [.. new Large[40]]),
        new Sample<HashSet<int>>("HashSet", new HashSetFormatter<int>(Int), [], [3, 1, 2]),
        new Sample<SortedSet<string>>("SortedSet", new SortedSetFormatter<string>(Text), [], ["a", "b"]),
        new Sample<Queue<int>>("Queue", new QueueFormatter<int>(Int), new(), new([1, 2, 3])),
        new Sample<Stack<int>>("Stack", new StackFormatter<int>(Int), new(), new([1, 2, 3])),
        new Sample<LinkedList<int>>("LinkedList", new LinkedListFormatter<int>(Int), new(), new([1, 2, 3])),
        new Sample<ImmutableArray<int>>("ImmutableArray", new ImmutableArrayFormatter<int>(Int), [], [1, 2, 3]),
        new Sample<ImmutableList<int>>("ImmutableList", new ImmutableListFormatter<int>(Int), [], [1, 2, 3]),
        new Sample<ImmutableHashSet<int>>("ImmutableHashSet", new ImmutableHashSetFormatter<int>(Int), [], [1]),
        new Sample<Memory<int>>("Memory", new MemoryFormatter<int>(Int), Memory<int>.Empty, new int[] { 1, 2 }),
        new Sample<ReadOnlyMemory<int>>(
            "ReadOnlyMemory", new ReadOnlyMemoryFormatter<int>(Int), ReadOnlyMemory<int>.Empty, new int[] { 1, 2 }),
        new Sample<IReadOnlyList<int>>("IReadOnlyList", new InterfaceReadOnlyListFormatter<int>(Int), [], [1, 2]),
        new Sample<IReadOnlyCollection<int>>(
            "IReadOnlyCollection", new InterfaceReadOnlyCollectionFormatter<int>(Int), [], new Queue<int>([1, 2])),
        new Sample<IEnumerable<int>>(
            "IEnumerable", new InterfaceEnumerableFormatter<int>(Int), [], Enumerable.Range(0, 5).Where(number => number != 3)),
        new Sample<IList<int>>("IList", new InterfaceListFormatter<int>(Int), [], [1, 2]),
        new Sample<ICollection<int>>("ICollection", new InterfaceCollectionFormatter<int>(Int), [], [1, 2]),
        new Sample<ISet<int>>("ISet", new InterfaceSetFormatter<int>(Int), new HashSet<int>(), new SortedSet<int> { 1, 2 }),
        new Sample<IReadOnlySet<int>>(
            "IReadOnlySet", new InterfaceReadOnlySetFormatter<int>(Int), new HashSet<int>(), ImmutableHashSet.Create(1)),
        new Sample<Dictionary<string, int>>(
            "Dictionary", new DictionaryFormatter<string, int>(Text, Int), [], new() { ["a"] = 1, ["b"] = 2 }),
        new Sample<Dictionary<decimal, Large>>(
            "Dictionary of large structs", new DictionaryFormatter<decimal, Large>(DecimalFormatter.Instance, LargeFormatter.Instance), [],
            new() { [1.0m] = default }),
        new Sample<SortedDictionary<int, string>>(
            "SortedDictionary", new SortedDictionaryFormatter<int, string>(Int, Text), [], new() { [1] = "a", [2] = "b" }),
        new Sample<ImmutableDictionary<Guid, int>>(
            "ImmutableDictionary", new ImmutableDictionaryFormatter<Guid, int>(GuidFormatter.Instance, Int),
            ImmutableDictionary<Guid, int>.Empty, ImmutableDictionary<Guid, int>.Empty.Add(Guid.Empty, 1)),
        new Sample<IDictionary<long, int>>(
            "IDictionary", new InterfaceDictionaryFormatter<long, int>(Int64Formatter.Instance, Int), new Dictionary<long, int>(),
            new SortedList<long, int> { [1] = 2, [3] = 4 }),
        new Sample<IReadOnlyDictionary<double, int>>(
            "IReadOnlyDictionary", new InterfaceReadOnlyDictionaryFormatter<double, int>(DoubleFormatter.Instance, Int),
            new Dictionary<double, int>(), new Dictionary<double, int> { [1] = 2, [-0d] = 4 }),
        new Sample<KeyValuePair<int, string>>(
            "KeyValuePair", new KeyValuePairFormatter<int, string>(Int, Text), new KeyValuePair<int, string>(1, "a")),
        new Sample<ValueTuple<int>>("ValueTuple 1", new ValueTupleFormatter<int>(Int), new ValueTuple<int>(1)),
        new Sample<(int, int)>("ValueTuple 2", new ValueTupleFormatter<int, int>(Int, Int), (1, 2)),
        new Sample<(int, int, int)>("ValueTuple 3", new ValueTupleFormatter<int, int, int>(Int, Int, Int), (1, 2, 3)),
        new Sample<(int, int, int, int)>("ValueTuple 4", new ValueTupleFormatter<int, int, int, int>(Int, Int, Int, Int), (1, 2, 3, 4)),
        new Sample<(int, int, int, int, int)>(
            "ValueTuple 5", new ValueTupleFormatter<int, int, int, int, int>(Int, Int, Int, Int, Int), (1, 2, 3, 4, 5)),
        new Sample<(int, int, int, int, int, int)>(
            "ValueTuple 6", new ValueTupleFormatter<int, int, int, int, int, int>(Int, Int, Int, Int, Int, Int), (1, 2, 3, 4, 5, 6)),
        new Sample<(int, int, int, int, int, int, int)>(
            "ValueTuple 7", new ValueTupleFormatter<int, int, int, int, int, int, int>(Int, Int, Int, Int, Int, Int, Int),
            (1, 2, 3, 4, 5, 6, 7)),
        new Sample<Tuple<int>>("Tuple 1", new TupleFormatter<int>(Int), Tuple.Create(1)),
        new Sample<Tuple<int, int>>("Tuple 2", new TupleFormatter<int, int>(Int, Int), Tuple.Create(1, 2)),
        new Sample<Tuple<int, int, int>>("Tuple 3", new TupleFormatter<int, int, int>(Int, Int, Int), Tuple.Create(1, 2, 3)),
        new Sample<Tuple<int, int, int, int>>(
            "Tuple 4", new TupleFormatter<int, int, int, int>(Int, Int, Int, Int), Tuple.Create(1, 2, 3, 4)),
        new Sample<Tuple<int, int, int, int, int>>(
            "Tuple 5", new TupleFormatter<int, int, int, int, int>(Int, Int, Int, Int, Int), Tuple.Create(1, 2, 3, 4, 5)),
        new Sample<Tuple<int, int, int, int, int, int>>(
            "Tuple 6", new TupleFormatter<int, int, int, int, int, int>(Int, Int, Int, Int, Int, Int), Tuple.Create(1, 2, 3, 4, 5, 6)),
        new Sample<Tuple<int, int, int, int, int, int, int>>(
            "Tuple 7", new TupleFormatter<int, int, int, int, int, int, int>(Int, Int, Int, Int, Int, Int, Int),
            Tuple.Create(1, 2, 3, 4, 5, 6, 7)),
        new Sample<Order>(
            "Object", OrderFormatter.Instance, new Order(),
            new Order { Id = -5, Amount = 1.5, Ticks = long.MaxValue, Open = true, Count = 70000 }),
        new Sample<Node>(
            "Recursive object", NodeFormatter.Instance, new Node(),
            new Node { Children = [new Node { Children = [new Node()] }, new Node()] }),
        .. CollectionSamples.All,
        .. PlatformSamples.All,
    ];
}

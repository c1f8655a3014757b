using System.Buffers;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using TunnelRpc.Serialization;

namespace TunnelRpc.MessagePack.Tests;

/// <summary>Random values of every type with a built-in formatter, under the name that docs/messagepack.md gives it.</summary>
internal static class BuiltInTypeCases
{
    private const long Day = TimeSpan.TicksPerDay;
    private static readonly long MaxTicks = DateTime.MaxValue.Ticks;

    // Numbers of every width are equally likely.
    private static readonly Gen<ulong> Bits =
        from whole in ArbMap.Default.GeneratorFor<DoNotSize<ulong>>() from shift in Gen.Choose(0, 63) select whole.Item >> shift;

    private static readonly Gen<int> Int = from bits in Bits from sign in Gen.Elements(1, -1) select unchecked((int)bits * sign);
    private static readonly Gen<float> Float = Int.Select(number => number / 8f);
    private static readonly Gen<long> Ticks = Bits.Select(bits => (long)(bits % ((ulong)DateTime.MaxValue.Ticks + 1)));

    private static readonly Gen<string> Text =
        Gen.OneOf(Gen.Choose(0, 0x7f), Gen.Choose(0x80, 0xd7ff), Gen.Choose(0xe000, 0x10ffff))
            .Select(char.ConvertFromUtf32).ArrayOf().Select(string.Concat);

    private static readonly Gen<decimal> Decimals =
        from low in Bits
        from high in Bits
        select new decimal((int)low, (int)(low >> 32), (int)high, high >> 63 == 1, (byte)((high >> 32) % 29));

    private static readonly Gen<Index> Indexes = Gen.Choose(0, 100).Select(number => new Index(number, number % 2 == 0));
    private static readonly Gen<int[]> Ints = Int.ArrayOf();
    private static readonly Gen<string[]> Texts = Text.ArrayOf();

    private static readonly Gen<Dictionary<int, string>> Map =
        Ints.Select(numbers => numbers.Distinct().ToDictionary(number => number, number => number.ToString(CultureInfo.InvariantCulture)));

    public static IReadOnlyList<DifferentialCase> All { get; } =
    [
        Case<bool>("bool", Any<bool>()),
        Case<byte>("byte", Bits.Select(b => (byte)b)),
        Case<sbyte>("sbyte", Bits.Select(b => (sbyte)b)),
        Case<short>("short", Bits.Select(b => (short)b)),
        Case<ushort>("ushort", Bits.Select(b => (ushort)b)),
        Case<int>("int", Int),
        Case<uint>("uint", Bits.Select(b => (uint)b)),
        Case<long>("long", Bits.Select(b => (long)b)),
        Case<ulong>("ulong", Bits),
        Case<char>("char", Bits.Select(b => (char)b)),
        Case<float>("float", Bits.Select(b => BitConverter.UInt32BitsToSingle((uint)b))),
        Case<double>("double", Bits.Select(BitConverter.UInt64BitsToDouble)),
        Case<Half>("Half", Bits.Select(b => BitConverter.UInt16BitsToHalf((ushort)b))),
        Case<string>("string", Text),
        Case<decimal>("decimal", Decimals),
        Case<Guid>("Guid", Any<Guid>()),
        Case<DateTime>("DateTime", Ticks.Select(t => new DateTime(t, DateTimeKind.Utc))),
        Case<DateTimeOffset>(
            "DateTimeOffset",
            from t in Ticks
            from m in Gen.Choose(-840, 840)
            select new DateTimeOffset(Math.Clamp(t, Day, MaxTicks - Day), TimeSpan.FromMinutes(m))),
        Case<DateOnly>("DateOnly", Ticks.Select(t => DateOnly.FromDateTime(new DateTime(t)))),
        Case<TimeOnly>("TimeOnly", Ticks.Select(t => new TimeOnly(t % Day))),
        Case<TimeSpan>("TimeSpan", Bits.Select(b => new TimeSpan((long)b))),
        Case<BigInteger>("BigInteger", Any<byte[]>().Select(b => new BigInteger(b))),
        Case<Int128>("Int128", from a in Bits from b in Bits select new Int128(a, b)),
        Case<UInt128>("UInt128", from a in Bits from b in Bits select new UInt128(a, b)),
        Case<Uri>("Uri", Text.Select(t => new Uri("http://example.org/" + Uri.EscapeDataString(t)))),
        Case<Version>(
            "Version",
            from a in Bits from b in Bits select new Version((int)(a >> 33), (int)(a & 0xffff), (int)(b >> 33), (int)(b & 0xffff))),
        Case<nint>("nint", Int.Select(i => (nint)i)),
        Case<nuint>("nuint", Bits.Select(b => (nuint)b)),
        Case<Index>("Index", Indexes),
        Case<Range>("Range", from a in Indexes from b in Indexes select new Range(a, b)),
        Case<Rune>("Rune", Gen.Choose(0, 0xd7ff).Select(i => new Rune(i))),
        Case<StringBuilder>("StringBuilder", Text.Select(t => new StringBuilder(t))),
        Case<Complex>("Complex", from a in Float from b in Float select new Complex(a, b)),
        Case<Vector2>("Vector2", Float.Select(f => new Vector2(f, 1))),
        Case<Vector3>("Vector3", Float.Select(f => new Vector3(f, 1, 2))),
        Case<Vector4>("Vector4", Float.Select(f => new Vector4(f, 1, 2, 3))),
        Case<Quaternion>("Quaternion", Float.Select(f => new Quaternion(f, 1, 2, 3))),
        Case<Plane>("Plane", Float.Select(f => new Plane(f, 1, 2, 3))),
        Case<Matrix3x2>("Matrix3x2", Float.Select(f => new Matrix3x2(f, 1, 2, 3, 4, 5))),
        Case<Matrix4x4>("Matrix4x4", Float.Select(f => new Matrix4x4(f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))),
        Case<IPAddress>("IPAddress", Bits.Select(b => new IPAddress((uint)b))),
        Case<IPEndPoint>("IPEndPoint", Bits.Select(b => new IPEndPoint((uint)b, (ushort)(b >> 40)))),
        Case<CultureInfo>("CultureInfo", Gen.Constant(CultureInfo.InvariantCulture)),
        Case<TimeZoneInfo>("TimeZoneInfo", Gen.Constant(TimeZoneInfo.Utc)),
        Case<JsonElement>("JsonElement", Int.Select(i => JsonSerializer.SerializeToElement(new[] { i }))),
        Case<JsonDocument>("JsonDocument", Int.Select(i => JsonSerializer.SerializeToDocument(new[] { i }))),
        Case<JsonNode>("JsonNode", Int.Select(i => (JsonNode)JsonValue.Create(i))),
        Case<JsonObject>("JsonObject", Int.Select(i => new JsonObject { ["a"] = i })),
        Case<JsonArray>("JsonArray", Int.Select(i => new JsonArray(i))),
        Case<byte[]>("byte[]", Any<byte[]>()),
        Case<Memory<byte>>("Memory<byte>", Any<byte[]>().Select(b => b.AsMemory())),
        Case<ReadOnlyMemory<byte>>("ReadOnlyMemory<byte>", Any<byte[]>().Select(b => (ReadOnlyMemory<byte>)b)),
        Case<ReadOnlySequence<byte>>("ReadOnlySequence<byte>", Any<byte[]>().Select(b => new ReadOnlySequence<byte>(b))),
        Case<ArraySegment<byte>>("ArraySegment<byte>", Any<byte[]>().Select(b => new ArraySegment<byte>(b))),
        Case<Unit>("Unit", Gen.Constant(default(Unit))),
        Case<int?>("T?", Int.Select(i => i % 3 == 0 ? (int?)null : i)),
        Case<DayOfWeek>("enums", Int.Select(i => (DayOfWeek)i)),
        Case<int[]>("arrays", Ints),
        Case<string[][]>("arrays", Texts.ArrayOf()),
        Case<List<int>>("lists", Ints.Select(i => i.ToList())),
        Case<HashSet<string>>("sets", Texts.Select(t => t.ToHashSet())),
        Case<SortedSet<int>>("sets", Ints.Select(i => new SortedSet<int>(i))),
        Case<Queue<int>>("queues", Ints.Select(i => new Queue<int>(i))),
        Case<LinkedList<int>>("linked lists", Ints.Select(i => new LinkedList<int>(i))),
        Case<Memory<int>>("Memory<T>", Ints.Select(i => i.AsMemory())),
        Case<ReadOnlyMemory<int>>("Memory<T>", Ints.Select(i => (ReadOnlyMemory<int>)i)),
        Case<ReadOnlySequence<int>>("ReadOnlySequence<T>", Ints.Select(i => new ReadOnlySequence<int>(i))),
        Case<ArraySegment<int>>("ArraySegment<T>", Ints.Select(i => new ArraySegment<int>(i))),
        Case<IImmutableList<int>>("IImmutableList<T>", Ints.Select(i => (IImmutableList<int>)i.ToImmutableList())),
        Case<ImmutableList<int>>("IImmutableList<T>", Ints.Select(i => i.ToImmutableList())),
        Case<ImmutableQueue<int>>("IImmutableList<T>", Ints.Select(i => ImmutableQueue.Create(i))),
        Case<IImmutableQueue<int>>("IImmutableList<T>", Ints.Select(i => (IImmutableQueue<int>)ImmutableQueue.Create(i))),
        Case<IImmutableStack<int>>("IImmutableList<T>", Ints.Select(i => (IImmutableStack<int>)ImmutableStack.Create(i))),
        Case<ImmutableHashSet<int>>("IImmutableList<T>", Int.Select(i => ImmutableHashSet.Create(i))),
        Case<IImmutableSet<int>>("IImmutableList<T>", Int.Select(i => (IImmutableSet<int>)ImmutableHashSet.Create(i))),
        Case<ImmutableSortedSet<int>>("IImmutableList<T>", Ints.Select(i => i.ToImmutableSortedSet())),
        Case<ImmutableDictionary<int, string>>("IImmutableList<T>", Int.Select(i => ImmutableDictionary<int, string>.Empty.Add(i, "a"))),
        Case<IImmutableDictionary<int, string>>(
            "IImmutableList<T>",
            Int.Select(i => (IImmutableDictionary<int, string>)ImmutableDictionary<int, string>.Empty.Add(i, "a"))),
        Case<ImmutableSortedDictionary<int, string>>("IImmutableList<T>", Map.Select(m => m.ToImmutableSortedDictionary())),
        Case<FrozenSet<int>>("FrozenSet<T>", Int.Select(i => new[] { i }.ToFrozenSet())),
        Case<FrozenDictionary<int, string>>(
            "FrozenSet<T>",
            Int.Select(i => new Dictionary<int, string> { [i] = "a" }.ToFrozenDictionary())),
        Case<ReadOnlySet<int>>("ReadOnlySet<T>", Ints.Select(i => new ReadOnlySet<int>(i.ToHashSet()))),
        Case<Collection<int>>("Collection<T>", Ints.Select(i => new Collection<int>(i.ToList()))),
        Case<ReadOnlyCollection<int>>("ReadOnlyCollection<T>", Ints.Select(i => new ReadOnlyCollection<int>(i))),
        Case<ObservableCollection<int>>("ObservableCollection<T>", Ints.Select(i => new ObservableCollection<int>(i))),
        Case<ReadOnlyObservableCollection<int>>(
            "ReadOnlyObservableCollection<T>",
            Ints.Select(i => new ReadOnlyObservableCollection<int>(new(i)))),
        Case<ConcurrentQueue<int>>("ConcurrentQueue<T>", Ints.Select(i => new ConcurrentQueue<int>(i))),
        Case<ConcurrentBag<int>>("ConcurrentBag<T>", Int.Select(i => new ConcurrentBag<int> { i })),
        Case<Stack<int>>("Stack<T>", Ints.Select(i => new Stack<int>(i))),
        Case<ConcurrentStack<int>>("ConcurrentStack<T>", Ints.Select(i => new ConcurrentStack<int>(i))),
        Case<ImmutableStack<int>>("ImmutableStack<T>", Ints.Select(i => ImmutableStack.Create(i))),
        Case<ImmutableArray<int>>("ImmutableArray<T>", Ints.Select(i => i.Length == 1 ? default : i.ToImmutableArray())),
        Case<BitArray>("BitArray", Any<bool[]>().Select(b => new BitArray(b))),
        Case<int[,]>("arrays of 2 to 4 dimensions", Int.Select(i => new[,] { { i, 1, 2 }, { 3, 4, 5 } })),
        Case<string[,,]>("arrays of 2 to 4 dimensions", Text.Select(t => new[,,] { { { t }, { "a" } } })),
        Case<int[,,,]>("arrays of 2 to 4 dimensions", Int.Select(i => new[,,,] { { { { i, 2 } } } })),
        Case<PriorityQueue<string, int>>("PriorityQueue<TElement, TPriority>", Int.Select(i => new PriorityQueue<string, int>([("a", i)]))),
        Case<ILookup<bool, int>>("ILookup<TKey, TElement>", Ints.Select(i => i.ToLookup(n => n % 2 == 0))),
        Case<IGrouping<bool, int>>("IGrouping<TKey, TElement>", Int.Select(i => new[] { i }.GroupBy(n => n % 2 == 0).Single())),
        Case<IReadOnlyList<int>>("IReadOnlyList<T>", Ints.Select(i => (IReadOnlyList<int>)i)),
        Case<IReadOnlyCollection<int>>("IReadOnlyCollection<T>", Ints.Select(i => (IReadOnlyCollection<int>)i)),
        Case<IEnumerable<int>>("IEnumerable<T>", Ints.Select(i => (IEnumerable<int>)i)),
        Case<IList<int>>("IList<T>", Ints.Select(i => (IList<int>)i)),
        Case<ICollection<int>>("ICollection<T>", Ints.Select(i => (ICollection<int>)i)),
        Case<ISet<int>>("ISet<T>", Ints.Select(i => (ISet<int>)i.ToHashSet())),
        Case<IReadOnlySet<int>>("IReadOnlySet<T>", Ints.Select(i => (IReadOnlySet<int>)i.ToHashSet())),
        Case<SortedList<int, string>>("SortedList", Map.Select(m => new SortedList<int, string>(m))),
        Case<Dictionary<int, string>>("IDictionary", Map),
        Case<IDictionary<int, string>>("IDictionary", Map.Select(m => (IDictionary<int, string>)m)),
        Case<IReadOnlyDictionary<int, string>>("IDictionary", Map.Select(m => (IReadOnlyDictionary<int, string>)m)),
        Case<ReadOnlyDictionary<int, string>>("IDictionary", Map.Select(m => new ReadOnlyDictionary<int, string>(m))),
        Case<SortedDictionary<int, string>>("IDictionary", Map.Select(m => new SortedDictionary<int, string>(m))),
        Case<OrderedDictionary<int, string>>("OrderedDictionary<TKey, TValue>", Map.Select(m => new OrderedDictionary<int, string>(m))),
        Case<ConcurrentDictionary<int, string>>(
            "ConcurrentDictionary<TKey, TValue>",
            Int.Select(i => new ConcurrentDictionary<int, string>([KeyValuePair.Create(i, "a")]))),
        Case<KeyValuePair<int, string>>("KeyValuePair", from i in Int from t in Text select KeyValuePair.Create(i, t)),
        Case<(int, string)>("ValueTuple", from i in Int from t in Text select (i, t)),
        Case<(int, int, int, int, int, int, int, string, int)>(
            "ValueTuple",
            from i in Int from t in Text select (i, 2, 3, 4, 5, 6, 7, t, 9)),
        Case<Tuple<int, string>>("Tuple", from i in Int from t in Text select Tuple.Create(i, t)),
        Case<Tuple<int, int, int, int, int, int, int, Tuple<string>>>(
            "Tuple",
            from i in Int from t in Text select Tuple.Create(i, 2, 3, 4, 5, 6, 7, t)),
    ];

    private static Gen<T> Any<T>() => ArbMap.Default.GeneratorFor<T>();

    private static DifferentialCase<T> Case<T>(string documented, Gen<T> values) =>
        new(documented, ContractFormatters.Of<IBuiltInTypes, T>(), values);
}

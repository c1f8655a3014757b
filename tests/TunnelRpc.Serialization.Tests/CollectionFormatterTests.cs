using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

public class CollectionFormatterTests
{
    private static readonly Int32Formatter Int = Int32Formatter.Instance;
    private static readonly StringFormatter Text = StringFormatter.Instance;

    /// <summary>
    /// The bytes are those of MessagePack 2.5.307; of 3.1.12 for ReadOnlySet, FrozenSet, FrozenDictionary and PriorityQueue, which 2.5.307
    /// does not support.
    /// </summary>
    [Fact]
    public void Encodings_match_MessagePack_package()
    {
        Is(new ConcurrentBagFormatter<int>(Int), new ConcurrentBag<int>([1, 2]), "920201");
        Is(new ConcurrentQueueFormatter<int>(Int), new ConcurrentQueue<int>([1, 2]), "920102");
        Is(new ConcurrentStackFormatter<int>(Int), new ConcurrentStack<int>([1, 2]), "920201");
        Is(new ConcurrentDictionaryFormatter<string, int>(Text, Int), new(new Dictionary<string, int> { ["a"] = 1 }), "81a16101");
        Is(new ListCollectionFormatter<int>(Int), new Collection<int>([1, 2]), "920102");
        Is(new ObservableCollectionFormatter<int>(Int), new ObservableCollection<int>([1, 2]), "920102");
        Is(new ReadOnlyCollectionFormatter<int>(Int), new ReadOnlyCollection<int>([1, 2]), "920102");
        Is(new ReadOnlyObservableCollectionFormatter<int>(Int), new ReadOnlyObservableCollection<int>([1, 2]), "920102");
        Is(new ReadOnlySetFormatter<int>(Int), new ReadOnlySet<int>(new HashSet<int> { 1, 2 }), "920102");
        Is(new ReadOnlyDictionaryFormatter<string, int>(Text, Int), new(new Dictionary<string, int> { ["a"] = 1 }), "81a16101");
        Is(new SortedListFormatter<string, int>(Text, Int), new() { ["a"] = 1 }, "81a16101");
        Is(new OrderedDictionaryFormatter<string, int>(Text, Int), new() { ["a"] = 1 }, "81a16101");
        Is(new FrozenSetFormatter<int>(Int), new[] { 1, 2 }.ToFrozenSet(), "920102");
        Is(
            new FrozenDictionaryFormatter<string, int>(Text, Int),
            new Dictionary<string, int> { ["a"] = 1 }.ToFrozenDictionary(),
            "81a16101");
        Is(new ImmutableQueueFormatter<int>(Int), [1, 2], "920102");
        Is(new ImmutableStackFormatter<int>(Int), [1, 2], "920201");
        Is(new ImmutableSortedSetFormatter<int>(Int), [2, 1], "920102");
        Is(new InterfaceImmutableListFormatter<int>(Int), [1, 2], "920102");
        Is(new InterfaceImmutableStackFormatter<int>(Int), [1, 2], "920201");
        Is(new ImmutableArrayFormatter<int>(Int), default, "c0");
        Is(new PriorityQueueFormatter<string, int>(Text, Int), new([("a", 1)]), "9192a16101");
        Is(new LookupFormatter<int, int>(Int, Int), new[] { 1, 2, 3 }.ToLookup(number => number % 2), "92920192010392009102");
        Is(new GroupingFormatter<int, int>(Int, Int), new[] { 1, 2, 3 }.GroupBy(number => number % 2).First(), "9201920103");
        Is(ArraySegmentByteFormatter.Instance, new ArraySegment<byte>([1, 2, 3], 1, 2), "c4020203");
        Is(ArraySegmentByteFormatter.Instance, default, "c0");
        Is(new ArraySegmentFormatter<int>(Int), new ArraySegment<int>([1, 2, 3], 1, 2), "920203");
        Is(new ArraySegmentFormatter<int>(Int), default, "c0");
        Is(ReadOnlySequenceByteFormatter.Instance, Segments<byte>.Create([1], [2]), "c4020102");
        Is(new ReadOnlySequenceFormatter<int>(Int), Segments<int>.Create([1], [2]), "920102");
        Is(new Array2DFormatter<int>(Int), new int[,] { { 1, 2, 3 }, { 4, 5, 6 } }, "93020396010203040506");
        Is(new Array2DFormatter<int>(Int), new int[0, 3], "93000390");
        Is(new Array3DFormatter<int>(Int), new int[,,] { { { 1, 2 }, { 3, 4 } } }, "940102029401020304");
        Is(new Array4DFormatter<int>(Int), new int[,,,] { { { { 1, 2 }, { 3, 4 } } } }, "95010102029401020304");
        Is(
            new ValueTupleFormatter<int, int, int, int, int, int, int, (int, int)>(
                Int, Int, Int, Int, Int, Int, Int, new ValueTupleFormatter<int, int>(Int, Int)),
            (1, 2, 3, 4, 5, 6, 7, 8, 9),
            "9801020304050607920809");
        Is(
            new TupleFormatter<int, int, int, int, int, int, int, Tuple<int>>(
                Int, Int, Int, Int, Int, Int, Int, new TupleFormatter<int>(Int)),
            Tuple.Create(1, 2, 3, 4, 5, 6, 7, 8),
            "98010203040506079108");

        static void Is<T>(ITunnelFormatter<T> formatter, T value, string hex) => Codec.Hex(Codec.Write(formatter, value)).ShouldBe(hex);
    }

    [Fact]
    public void Elements_and_their_order_round_trip()
    {
        Through(new ConcurrentStackFormatter<int>(Int), new([1, 2, 3])).ToArray().ShouldBe([3, 2, 1]);
        Through(new ImmutableStackFormatter<int>(Int), [1, 2, 3]).Peek().ShouldBe(3);
        Through(new InterfaceImmutableStackFormatter<int>(Int), [1, 2, 3]).Peek().ShouldBe(3);
        Through(new ConcurrentBagFormatter<int>(Int), [1, 2, 3]).ToArray().ShouldBe([3, 2, 1]);
        Through(new ConcurrentQueueFormatter<int>(Int), new([1, 2, 3])).ShouldBe([1, 2, 3]);
        Through(new OrderedDictionaryFormatter<int, int>(Int, Int), new() { [3] = 0, [1] = 1, [2] = 2 }).Keys.ShouldBe([3, 1, 2]);
        Through(new SortedListFormatter<int, int>(Int, Int), new() { [3] = 0, [1] = 1 }).Keys.ShouldBe([1, 3]);
        Through(new Array3DFormatter<string>(Text), new string[,,] { { { "a" }, { "b" } }, { { "c" }, { "d" } } })[1, 0, 0].ShouldBe("c");

        PriorityQueue<string, int> queue = Through(new PriorityQueueFormatter<string, int>(Text, Int), new([("b", 2), ("a", 1), ("c", 3)]));
        (queue.Dequeue(), queue.Dequeue(), queue.Dequeue()).ShouldBe(("a", "b", "c"));

        ILookup<int, string> lookup =
            Through(new LookupFormatter<int, string>(Int, Text), new[] { "a", "bb", "c" }.ToLookup(text => text.Length));
        lookup[1].ShouldBe(["a", "c"]);
        lookup[2].ShouldBe(["bb"]);
        lookup[3].ShouldBeEmpty();

        ILookup<string?, int> withNull = Through(
            new LookupFormatter<string?, int>(new NullableReferenceFormatter<string>(Text), Int),
            new[] { 1, 2 }.ToLookup(_ => (string?)null));
        withNull[null].ShouldBe([1, 2]);

        ObservableCollection<int> observable = Through(new ObservableCollectionFormatter<int>(Int), [1, 2]);
        observable.Add(3);
        observable.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void Default_of_a_value_type_is_not_an_empty_collection()
    {
        Through(new ImmutableArrayFormatter<int>(Int), default).IsDefault.ShouldBeTrue();
        Through(new ImmutableArrayFormatter<int>(Int), []).IsDefault.ShouldBeFalse();
        Through(new ArraySegmentFormatter<int>(Int), default).Array.ShouldBeNull();
        Through(new ArraySegmentFormatter<int>(Int), ArraySegment<int>.Empty).Array.ShouldNotBeNull();
        Through(ArraySegmentByteFormatter.Instance, default).Array.ShouldBeNull();
        Codec.ReadError("c0", new MemoryFormatter<int>(Int).Read).ShouldContain("an array");
    }

    [Fact]
    public void Null_is_rejected()
    {
        Rejects(new ConcurrentQueueFormatter<int>(Int));
        Rejects(new ConcurrentDictionaryFormatter<int, int>(Int, Int));
        Rejects(new FrozenSetFormatter<int>(Int));
        Rejects(new LookupFormatter<int, int>(Int, Int));
        Rejects(new GroupingFormatter<int, int>(Int, Int));
        Rejects(new PriorityQueueFormatter<int, int>(Int, Int));
        Rejects(new Array2DFormatter<int>(Int));
        Rejects(new TupleFormatter<int, int, int, int, int, int, int, Tuple<int>>(
            Int, Int, Int, Int, Int, Int, Int, new TupleFormatter<int>(Int)));

        static void Rejects<T>(ITunnelFormatter<T> formatter)
            where T : class
        {
            Should.Throw<MessagePackException>(() => Codec.Write(formatter, null!)).Message.ShouldContain("got null");
            Codec.ReadError("c0", formatter.Read).ShouldContain("got nil");
        }
    }

    [Theory]
    [InlineData("93" + "02" + "03" + "9401020304", "2 x 3")]
    [InlineData("93" + "ff" + "00" + "90", "the length of a dimension")]
    [InlineData("93" + "ce7fffffff" + "00" + "90", "the length of a dimension")]
    [InlineData("93" + "ce00010000" + "ce00010000" + "90", "65536 x 65536")]
    [InlineData("92" + "02" + "90", "2 dimensions")]
    [InlineData("93" + "02" + "02" + "ddffffffff", "claims 4294967295 elements")]
    [InlineData("c403010203", "an array")]
    public void Multidimensional_array_with_wrong_lengths_is_rejected(string hex, string message) =>
        Codec.ReadError(hex, new Array2DFormatter<int>(Int).Read).ShouldContain(message);

    [Fact]
    public void Empty_multidimensional_array_with_large_lengths_is_read()
    {
        Codec.Read(new Array2DFormatter<int>(Int), Codec.Bytes("93" + "ce7fffffc7" + "00" + "90")).Length.ShouldBe(0);
        Codec.Read(new Array2DFormatter<Large>(LargeFormatter.Instance), Codec.Bytes("93" + "00" + "ce7fffffc7" + "90")).Length.ShouldBe(0);
        Codec.Read(new Array3DFormatter<string>(Text), Codec.Bytes("94" + "ce7fffffc7" + "00" + "ce7fffffc7" + "90")).Length.ShouldBe(0);
    }

    [Fact]
    public void Multidimensional_array_with_other_lower_bound_is_rejected_when_written()
    {
        int[,] array = (int[,])Array.CreateInstance(typeof(int), [2, 2], [0, 1]);

        Should.Throw<MessagePackException>(() => Codec.Write(new Array2DFormatter<int>(Int), array)).Message
            .ShouldContain("dimension 1 starts at 1");
    }

    [Fact]
    public void Covariant_multidimensional_array_is_written()
    {
        object[,] covariant = new string[,] { { "a", "b" } };

        Codec.Hex(Codec.Write(new Array2DFormatter<object>(new TextAsObjectFormatter()), covariant))
            .ShouldBe("93" + "01" + "02" + "92a161a162");
    }

    [Theory]
    [InlineData("92" + "92019101" + "92019102")]
    [InlineData("91" + "920190")]
    public void Lookup_with_duplicate_or_empty_group_is_rejected(string hex) =>
        Codec.ReadError(hex, new LookupFormatter<int, int>(Int, Int).Read).ShouldContain("different keys");

    [Fact]
    public void Dictionary_with_duplicate_key_is_rejected()
    {
        const string Hex = "82" + "0101" + "0102";
        Codec.ReadError(Hex, new ConcurrentDictionaryFormatter<int, int>(Int, Int).Read).ShouldContain("second time");
        Codec.ReadError(Hex, new ReadOnlyDictionaryFormatter<int, int>(Int, Int).Read).ShouldContain("second time");
        Codec.ReadError(Hex, new FrozenDictionaryFormatter<int, int>(Int, Int).Read).ShouldContain("second time");
        Codec.ReadError(Hex, new OrderedDictionaryFormatter<int, int>(Int, Int).Read).ShouldContain("second time");
        Codec.ReadError(Hex, new SortedListFormatter<int, int>(Int, Int).Read).ShouldContain("second time");
        Codec.ReadError(Hex, new ImmutableSortedDictionaryFormatter<int, int>(Int, Int).Read).ShouldContain("second time");
        Codec.ReadError(Hex, new InterfaceImmutableDictionaryFormatter<int, int>(Int, Int).Read).ShouldContain("second time");
    }

    [Fact]
    public void Dictionaries_and_sets_use_randomized_hashing()
    {
        byte[] map = [0x81, 1, 1];
        byte[] array = [0x91, 1];
        EqualityComparer<int> predictable = EqualityComparer<int>.Default;
        Codec.Read(new ConcurrentDictionaryFormatter<int, int>(Int, Int), map).Comparer.ShouldNotBe(predictable);
        Codec.Read(new OrderedDictionaryFormatter<int, int>(Int, Int), map).Comparer.ShouldNotBe(predictable);
        Codec.Read(new FrozenDictionaryFormatter<int, int>(Int, Int), map).Comparer.ShouldNotBe(predictable);
        Codec.Read(new FrozenSetFormatter<int>(Int), array).Comparer.ShouldNotBe(predictable);
        Codec.Read(new InterfaceImmutableSetFormatter<int>(Int), array).ShouldBeOfType<ImmutableHashSet<int>>()
            .KeyComparer.ShouldNotBe(predictable);

        // A frozen collection hashes strings without a secret, unless it has a comparer that it does not know.
        IEqualityComparer<string> comparer = Codec.Read(new FrozenDictionaryFormatter<string, int>(Text, Int), [0x80]).Comparer;
        comparer.ShouldNotBe(EqualityComparer<string>.Default);
        comparer.ShouldNotBe(StringComparer.Ordinal);
        comparer.GetHashCode("a").ShouldBe("a".GetHashCode(StringComparison.Ordinal));
    }

    [Fact]
    public async Task Concurrent_collections_are_written_as_snapshots()
    {
        ConcurrentDictionary<int, int> dictionary = new();
        ConcurrentQueue<int> queue = new();
        using CancellationTokenSource stop = new();
        Task changes = Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                dictionary[i % 100] = i;
                dictionary.TryRemove((i + 50) % 100, out _);
                queue.Enqueue(i);
                queue.TryDequeue(out _);
            }
        });

        for (int i = 0; i < 1000; i++)
        {
            Through(new ConcurrentDictionaryFormatter<int, int>(Int, Int), dictionary);
            Through(new ConcurrentQueueFormatter<int>(Int), queue);
        }

        await stop.CancelAsync();
        await changes;
    }

    [Fact]
    public void Nested_collections_beyond_depth_limit_are_rejected()
    {
        string deep = string.Concat(Enumerable.Repeat("91", 100)) + "90";

        Codec.ReadError(deep, JsonElementFormatter.Instance.Read).ShouldContain("limit of 64 levels");
    }

    private static T Through<T>(ITunnelFormatter<T> formatter, T value) => Codec.Read(formatter, Codec.Write(formatter, value));

    private sealed class TextAsObjectFormatter : ITunnelFormatter<object>
    {
        public void Write(ref MessagePackWriter writer, object value) => writer.Write((string)value);

        public object Read(ref MessagePackReader reader) => reader.ReadString();
    }
}

using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

/// <summary>The formatters of further collections, each with an empty value, one element and many elements.</summary>
internal static class CollectionSamples
{
    private static readonly Int32Formatter Int = Int32Formatter.Instance;
    private static readonly StringFormatter Text = StringFormatter.Instance;
    private static readonly int[] Many = [.. Enumerable.Range(-50, 100)];
    private static readonly Dictionary<string, int> Pairs = Many.ToDictionary(number => $"key {number}", number => number);

    public static readonly IReadOnlyList<Sample> All =
    [
        new Sample<ConcurrentBag<int>>("ConcurrentBag", new ConcurrentBagFormatter<int>(Int), [], [1], [.. Many]),
        new Sample<ConcurrentQueue<int>>("ConcurrentQueue", new ConcurrentQueueFormatter<int>(Int), new(), new([1]), new(Many)),
        new Sample<ConcurrentStack<int>>("ConcurrentStack", new ConcurrentStackFormatter<int>(Int), new(), new([1]), new(Many)),
        new Sample<ConcurrentDictionary<string, int>>(
            "ConcurrentDictionary", new ConcurrentDictionaryFormatter<string, int>(Text, Int), new(),
            new(new Dictionary<string, int> { ["a"] = 1 })),
        new Sample<Collection<int>>("Collection", new ListCollectionFormatter<int>(Int), [], [1], [.. Many]),
        new Sample<ObservableCollection<int>>("ObservableCollection", new ObservableCollectionFormatter<int>(Int), [], [1], [.. Many]),
        new Sample<ReadOnlyCollection<int>>("ReadOnlyCollection", new ReadOnlyCollectionFormatter<int>(Int), new([]), new([1]), new(Many)),
        new Sample<ReadOnlyObservableCollection<int>>(
            "ReadOnlyObservableCollection", new ReadOnlyObservableCollectionFormatter<int>(Int), new([]), new([1]), new([.. Many])),
        new Sample<ReadOnlySet<int>>("ReadOnlySet", new ReadOnlySetFormatter<int>(Int), new(new HashSet<int>()), new(Many.ToHashSet())),
        new Sample<ReadOnlyDictionary<string, int>>(
            "ReadOnlyDictionary", new ReadOnlyDictionaryFormatter<string, int>(Text, Int), new(new Dictionary<string, int>()), new(Pairs)),
        new Sample<SortedList<int, string>>(
            "SortedList", new SortedListFormatter<int, string>(Int, Text), [], new() { [1] = "a" }, new() { [2] = "b", [1] = "a" }),
        new Sample<OrderedDictionary<int, string>>(
            "OrderedDictionary", new OrderedDictionaryFormatter<int, string>(Int, Text), [], new() { [1] = "a" },
            new() { [2] = "b", [1] = "a", [3] = "c" }),
        new Sample<FrozenSet<int>>("FrozenSet", new FrozenSetFormatter<int>(Int), FrozenSet<int>.Empty, new[] { 1 }.ToFrozenSet()),
        new Sample<FrozenDictionary<string, int>>(
            "FrozenDictionary", new FrozenDictionaryFormatter<string, int>(Text, Int), FrozenDictionary<string, int>.Empty,
            new Dictionary<string, int> { ["a"] = 1 }.ToFrozenDictionary()),
        new Sample<ImmutableQueue<int>>("ImmutableQueue", new ImmutableQueueFormatter<int>(Int), [], [1], [.. Many]),
        new Sample<ImmutableStack<int>>("ImmutableStack", new ImmutableStackFormatter<int>(Int), [], [1], [.. Many]),
        new Sample<ImmutableSortedSet<int>>("ImmutableSortedSet", new ImmutableSortedSetFormatter<int>(Int), [], [1], [.. Many]),
        new Sample<ImmutableSortedDictionary<string, int>>(
            "ImmutableSortedDictionary", new ImmutableSortedDictionaryFormatter<string, int>(Text, Int),
            ImmutableSortedDictionary<string, int>.Empty, Pairs.ToImmutableSortedDictionary()),
        new Sample<IImmutableList<int>>("IImmutableList", new InterfaceImmutableListFormatter<int>(Int), [], [1], [.. Many]),
        new Sample<IImmutableQueue<int>>("IImmutableQueue", new InterfaceImmutableQueueFormatter<int>(Int), [], [1], [.. Many]),
        new Sample<IImmutableStack<int>>("IImmutableStack", new InterfaceImmutableStackFormatter<int>(Int), [], [1], [.. Many]),
        new Sample<IImmutableSet<int>>("IImmutableSet", new InterfaceImmutableSetFormatter<int>(Int), [], [1]),
        new Sample<IImmutableDictionary<string, int>>(
            "IImmutableDictionary", new InterfaceImmutableDictionaryFormatter<string, int>(Text, Int),
            ImmutableDictionary<string, int>.Empty, ImmutableDictionary<string, int>.Empty.Add("a", 1)),
        new Sample<ImmutableArray<int>>("Default ImmutableArray", new ImmutableArrayFormatter<int>(Int), default(ImmutableArray<int>)),
        new Sample<PriorityQueue<string, int>>(
            "PriorityQueue", new PriorityQueueFormatter<string, int>(Text, Int), new(), new([("a", 1)]),
            new([("b", 2), ("a", 1), ("c", 0)])),
        new Sample<ILookup<string, int>>(
            "ILookup", new LookupFormatter<string, int>(Text, Int), Many.Take(0).ToLookup(number => ""),
            Many.ToLookup(number => $"{number % 3}")),
        new Sample<IGrouping<string, int>>(
            "IGrouping", new GroupingFormatter<string, int>(Text, Int), Many.GroupBy(number => $"{number % 3}").Last()),
        new Sample<ArraySegment<byte>>(
            "ArraySegment of bytes", ArraySegmentByteFormatter.Instance, default, ArraySegment<byte>.Empty, new([1, 2, 3], 1, 2)),
        new Sample<ArraySegment<int>>(
            "ArraySegment", new ArraySegmentFormatter<int>(Int), default, ArraySegment<int>.Empty, new([1, 2, 3], 1, 2), Many),
        new Sample<ReadOnlySequence<byte>>(
            "ReadOnlySequence of bytes", ReadOnlySequenceByteFormatter.Instance, default, new(new byte[70000]),
            Segments<byte>.Create([1, 2], [3])),
        new Sample<ReadOnlySequence<int>>(
            "ReadOnlySequence", new ReadOnlySequenceFormatter<int>(Int), default, new(Many), Segments<int>.Create([1, 2], [3])),
        new Sample<int[,]>(
            "Array of 2 dimensions", new Array2DFormatter<int>(Int), new int[0, 0], new int[3, 0], new int[,] { { 1, 2, 3 }, { 4, 5, 6 } }),
        new Sample<string[,,]>(
            "Array of 3 dimensions", new Array3DFormatter<string>(Text), new string[0, 0, 0],
            new string[,,] { { { "a", "b" }, { "c", "d" } } }),
        new Sample<Large[,,,]>(
            "Array of 4 dimensions", new Array4DFormatter<Large>(LargeFormatter.Instance), new Large[0, 0, 0, 0], new Large[1, 2, 3, 4]),
        new Sample<(int, int, int, int, int, int, int, string)>(
            "ValueTuple 8",
            new ValueTupleFormatter<int, int, int, int, int, int, int, ValueTuple<string>>(
                Int, Int, Int, Int, Int, Int, Int, new ValueTupleFormatter<string>(Text)),
            (1, 2, 3, 4, 5, 6, 7, "8")),
        new Sample<Tuple<int, int, int, int, int, int, int, Tuple<string>>>(
            "Tuple 8",
            new TupleFormatter<int, int, int, int, int, int, int, Tuple<string>>(
                Int, Int, Int, Int, Int, Int, Int, new TupleFormatter<string>(Text)),
            Tuple.Create(1, 2, 3, 4, 5, 6, 7, "8")),
    ];
}

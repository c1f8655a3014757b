using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;

namespace Corpus.Collections;

public sealed record Item(int Id);

[TunnelService] public partial interface IArrays { Task<int[]> OneAsync(); Task<string?[]> NullableAsync(); Task<Item[]> ItemsAsync(); }

[TunnelService] public partial interface IJagged { Task<int[][]> TwoAsync(); Task<string[][][]> ThreeAsync(); Task<int?[]?[]> NullableAsync(); }

[TunnelService] public partial interface IDimensions { Task<int[,]> TwoAsync(); Task<string[,,]> ThreeAsync(); Task<byte[,,,]> FourAsync(); }

[TunnelService] public partial interface ILists { Task<List<int>> GetAsync(); Task<List<List<Item>>> NestedAsync(); Task<LinkedList<string>> LinkedAsync(); }

[TunnelService] public partial interface ISets { Task<HashSet<string>> HashAsync(); Task<SortedSet<int>> SortedAsync(); Task<ReadOnlySet<int>> ReadOnlyAsync(); }

[TunnelService] public partial interface IQueues { Task<Queue<int>> QueueAsync(); Task<Stack<int>> StackAsync(); Task<PriorityQueue<string, int>> PriorityAsync(); }

[TunnelService] public partial interface IDictionaries
{
    Task<Dictionary<string, int>> HashAsync();
    Task<SortedDictionary<int, string>> SortedAsync();
    Task<SortedList<string, Item>> ListAsync();
    Task<OrderedDictionary<string, int>> OrderedAsync();
}

[TunnelService] public partial interface IKeys
{
    Task<Dictionary<Guid, Item>> GuidAsync();
    Task<Dictionary<DayOfWeek, int>> EnumAsync();
    Task<Dictionary<(int, string), int>> TupleAsync();
    Task<Dictionary<Item, string>> RecordAsync();
    Task<Dictionary<char, bool>> CharAsync();
    Task<Dictionary<DateTime, double>> TimeAsync();
}

[TunnelService] public partial interface IInterfaces
{
    Task<IEnumerable<int>> EnumerableAsync();
    Task<ICollection<string>> CollectionAsync();
    Task<IList<Item>> ListAsync();
    Task<IReadOnlyCollection<long>> ReadOnlyCollectionAsync();
    Task<IReadOnlyList<Item>> ReadOnlyListAsync();
}

[TunnelService] public partial interface ISetInterfaces { Task<ISet<int>> SetAsync(); Task<IReadOnlySet<string>> ReadOnlyAsync(); }

[TunnelService] public partial interface IDictionaryInterfaces { Task<IDictionary<string, int>> GetAsync(); Task<IReadOnlyDictionary<int, Item>> ReadOnlyAsync(); }

[TunnelService] public partial interface IImmutable
{
    Task<ImmutableArray<int>> ArrayAsync();
    Task<ImmutableList<Item>> ListAsync();
    Task<ImmutableHashSet<string>> HashSetAsync();
    Task<ImmutableSortedSet<int>> SortedSetAsync();
    Task<ImmutableDictionary<string, int>> DictionaryAsync();
    Task<ImmutableSortedDictionary<int, string>> SortedDictionaryAsync();
    Task<ImmutableQueue<int>> QueueAsync();
    Task<ImmutableStack<int>> StackAsync();
}

[TunnelService] public partial interface IImmutableInterfaces
{
    Task<IImmutableList<int>> ListAsync();
    Task<IImmutableSet<int>> SetAsync();
    Task<IImmutableDictionary<string, Item>> DictionaryAsync();
    Task<IImmutableQueue<int>> QueueAsync();
    Task<IImmutableStack<int>> StackAsync();
}

[TunnelService] public partial interface IFrozen { Task<FrozenSet<string>> SetAsync(); Task<FrozenDictionary<string, Item>> DictionaryAsync(); }

[TunnelService] public partial interface IConcurrent
{
    Task<ConcurrentDictionary<string, int>> DictionaryAsync();
    Task<ConcurrentQueue<int>> QueueAsync();
    Task<ConcurrentStack<int>> StackAsync();
    Task<ConcurrentBag<int>> BagAsync();
}

[TunnelService] public partial interface IObjectModel
{
    Task<Collection<int>> CollectionAsync();
    Task<ObservableCollection<Item>> ObservableAsync();
    Task<ReadOnlyCollection<int>> ReadOnlyAsync();
    Task<ReadOnlyObservableCollection<int>> ReadOnlyObservableAsync();
    Task<ReadOnlyDictionary<string, int>> DictionaryAsync();
}

[TunnelService] public partial interface ILookups { Task<ILookup<string, Item>> LookupAsync(); Task<IGrouping<int, string>> GroupingAsync(); }

[TunnelService] public partial interface IMemory
{
    Task<Memory<int>> MemoryAsync();
    Task<ReadOnlyMemory<string>> ReadOnlyAsync();
    Task<ArraySegment<Item>> SegmentAsync();
    Task<ReadOnlySequence<int>> SequenceAsync();
}

// As members, with initializers.
public sealed class Bag
{
    public List<string> Tags { get; set; } = ["default"];

    public Dictionary<string, List<Item>> ByName { get; init; } = [];

    public ICollection<int> Numbers { get; set; } = new HashSet<int>();

    public IReadOnlyDictionary<string, IReadOnlyList<int?>>? Deep { get; init; }

    public ImmutableArray<string> Frozen { get; init; } = [];
}

[TunnelService] public partial interface IBags { Task<Bag> GetAsync(); }

// A type of the application that can be enumerated, and whose members have all elements.
public sealed record Basket(IReadOnlyList<Item> Items) : IEnumerable<Item>
{
    public IEnumerator<Item> GetEnumerator() => Items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

[TunnelService] public partial interface IBaskets { Task<Basket> GetAsync(); }

public static class Values
{
    public static int[] Array => [1, 2, 3];

    public static string?[] NullableArray => ["a", null];

    public static Item[] Items => [new(1), new(2)];

    public static int[][] Jagged => [[1], [], [2, 3]];

    public static string[][][] Deep => [[["a"], ["b", "c"]]];

    public static int?[]?[] NullableJagged => [[1, null], null];

    public static int[,] Two => new[,] { { 1, 2, 3 }, { 4, 5, 6 } };

    public static string[,,] Three => new[,,] { { { "a", "b" } }, { { "c", "d" } } };

    public static byte[,,,] Four => new byte[1, 1, 2, 2] { { { { 1, 2 }, { 3, 4 } } } };

    public static List<int> List => [1, 2];

    public static List<List<Item>> NestedList => [[new(1)], []];

    public static LinkedList<string> Linked => new(["a", "b"]);

    public static HashSet<string> Hash => ["a", "b"];

    public static SortedSet<int> Sorted => [3, 1, 2];

    public static ReadOnlySet<int> ReadOnlySet => new(new HashSet<int> { 1, 2 });

    public static Queue<int> Queue => new([1, 2]);

    public static Stack<int> Stack => new([1, 2]);

    public static PriorityQueue<string, int> Priority => new([("a", 2), ("b", 1)]);

    public static Dictionary<string, int> Dictionary => new() { ["a"] = 1, [""] = 2 };

    public static SortedDictionary<int, string> SortedDictionary => new() { [2] = "b", [1] = "a" };

    public static SortedList<string, Item> SortedList => new() { ["b"] = new(2), ["a"] = new(1) };

    public static OrderedDictionary<string, int> Ordered => new() { ["b"] = 2, ["a"] = 1 };

    public static Dictionary<Guid, Item> ByGuid => new() { [new("00000000-0000-0000-0000-000000000001")] = new(1) };

    public static Dictionary<DayOfWeek, int> ByEnum => new() { [DayOfWeek.Friday] = 5 };

    public static Dictionary<(int, string), int> ByTuple => new() { [(1, "a")] = 2 };

    public static Dictionary<Item, string> ByRecord => new() { [new(1)] = "a" };

    public static Dictionary<char, bool> ByChar => new() { ['a'] = true };

    public static Dictionary<DateTime, double> ByTime => new() { [new DateTime(2024, 1, 2, 0, 0, 0, DateTimeKind.Utc)] = 1.5 };

    public static IEnumerable<int> Enumerable => System.Linq.Enumerable.Range(1, 3).Where(i => i != 2);

    public static ICollection<string> Collection => new List<string> { "a" };

    public static IList<Item> IList => [new(1)];

    public static IReadOnlyCollection<long> ReadOnlyCollection => [1L, 2L];

    public static IReadOnlyList<Item> ReadOnlyList => [new(1)];

    public static ISet<int> ISet => new SortedSet<int> { 1, 2 };

    public static IReadOnlySet<string> IReadOnlySet => new HashSet<string> { "a" };

    public static IDictionary<string, int> IDictionary => new Dictionary<string, int> { ["a"] = 1 };

    public static IReadOnlyDictionary<int, Item> IReadOnlyDictionary => new SortedDictionary<int, Item> { [1] = new(2) };

    public static ImmutableArray<int> ImmutableArray => [1, 2];

    public static ImmutableList<Item> ImmutableList => [new(1)];

    public static ImmutableHashSet<string> ImmutableHashSet => ["a", "b"];

    public static ImmutableSortedSet<int> ImmutableSortedSet => [2, 1];

    public static ImmutableDictionary<string, int> ImmutableDictionary => ImmutableDictionary<string, int>.Empty.Add("a", 1);

    public static ImmutableSortedDictionary<int, string> ImmutableSortedDictionary => ImmutableSortedDictionary<int, string>.Empty.Add(1, "a");

    public static ImmutableQueue<int> ImmutableQueue => [1, 2];

    public static ImmutableStack<int> ImmutableStack => [1, 2];

    public static IImmutableList<int> IImmutableList => [1, 2];

    public static IImmutableSet<int> IImmutableSet => [1, 2];

    public static IImmutableDictionary<string, Item> IImmutableDictionary => ImmutableDictionary<string, Item>.Empty.Add("a", new(1));

    public static IImmutableQueue<int> IImmutableQueue => [1, 2];

    public static IImmutableStack<int> IImmutableStack => [1, 2];

    public static FrozenSet<string> FrozenSet => new[] { "a", "b" }.ToFrozenSet();

    public static FrozenDictionary<string, Item> FrozenDictionary => new Dictionary<string, Item> { ["a"] = new(1) }.ToFrozenDictionary();

    public static ConcurrentDictionary<string, int> ConcurrentDictionary => new() { ["a"] = 1 };

    public static ConcurrentQueue<int> ConcurrentQueue => new([1, 2]);

    public static ConcurrentStack<int> ConcurrentStack => new([1, 2]);

    public static ConcurrentBag<int> ConcurrentBag => [1, 2];

    public static Collection<int> CollectionClass => [1, 2];

    public static ObservableCollection<Item> Observable => [new(1)];

    public static ReadOnlyCollection<int> ReadOnly => new([1, 2]);

    public static ReadOnlyObservableCollection<int> ReadOnlyObservable => new([1, 2]);

    public static ReadOnlyDictionary<string, int> ReadOnlyDictionary => new(new Dictionary<string, int> { ["a"] = 1 });

    public static ILookup<string, Item> Lookup => new[] { ("a", 1), ("b", 2), ("a", 3) }.ToLookup(p => p.Item1, p => new Item(p.Item2));

    public static IGrouping<int, string> Grouping => new[] { "a", "b" }.GroupBy(_ => 5).Single();

    public static Memory<int> Memory => new[] { 1, 2 };

    public static ReadOnlyMemory<string> ReadOnlyMemory => new[] { "a", "b" };

    public static ArraySegment<Item> Segment => new([new(1), new(2), new(3)], 1, 2);

    public static ReadOnlySequence<int> Sequence => new(new[] { 1, 2 });

    public static Bag Bag => new()
    {
        Tags = ["a"],
        ByName = new() { ["x"] = [new(1)] },
        Numbers = new HashSet<int> { 1, 2 },
        Deep = new Dictionary<string, IReadOnlyList<int?>> { ["d"] = [1, null] },
        Frozen = ["f"],
    };

    public static Basket Basket => new([new(1), new(2)]);
}

using System.Collections.Generic;

namespace TunnelRpc.Generators.Parsing;

/// <summary>The types with a built-in formatter, by full name.</summary>
internal static class KnownTypes
{
    /// <summary>The largest number of dimensions of an array.</summary>
    public const int MaxArrayRank = 4;

    /// <summary>The types that reader and writer support directly: from the full name to the reader's method without "Read".</summary>
    public static readonly Dictionary<string, string> Primitives = new()
    {
        ["bool"] = "Boolean",
        ["byte"] = "Byte",
        ["sbyte"] = "SByte",
        ["short"] = "Int16",
        ["ushort"] = "UInt16",
        ["int"] = "Int32",
        ["uint"] = "UInt32",
        ["long"] = "Int64",
        ["ulong"] = "UInt64",
        ["float"] = "Single",
        ["double"] = "Double",
        ["char"] = "Char",
        ["string"] = "String",
    };

    /// <summary>The types with a shared formatter: from the full name to the formatter, which has an Instance field.</summary>
    public static readonly Dictionary<string, string> Singletons = new()
    {
        ["decimal"] = "DecimalFormatter",
        ["System.Guid"] = "GuidFormatter",
        ["System.DateTime"] = "DateTimeFormatter",
        ["System.DateTimeOffset"] = "DateTimeOffsetFormatter",
        ["System.DateOnly"] = "DateOnlyFormatter",
        ["System.TimeOnly"] = "TimeOnlyFormatter",
        ["System.TimeSpan"] = "TimeSpanFormatter",
        ["System.Numerics.BigInteger"] = "BigIntegerFormatter",
        ["System.Uri"] = "UriFormatter",
        ["System.Version"] = "VersionFormatter",
        ["System.Int128"] = "Int128Formatter",
        ["System.UInt128"] = "UInt128Formatter",
        ["System.Half"] = "HalfFormatter",
        ["byte[]"] = "ByteArrayFormatter",
        ["System.Memory<byte>"] = "MemoryByteFormatter",
        ["System.ReadOnlyMemory<byte>"] = "ReadOnlyMemoryByteFormatter",
        ["System.ArraySegment<byte>"] = "ArraySegmentByteFormatter",
        ["System.Buffers.ReadOnlySequence<byte>"] = "ReadOnlySequenceByteFormatter",
        ["nint"] = "IntPtrFormatter",
        ["nuint"] = "UIntPtrFormatter",
        ["System.Index"] = "IndexFormatter",
        ["System.Range"] = "RangeFormatter",
        ["System.Text.Rune"] = "RuneFormatter",
        ["System.Text.StringBuilder"] = "StringBuilderFormatter",
        ["System.Collections.BitArray"] = "BitArrayFormatter",
        ["System.Numerics.Complex"] = "ComplexFormatter",
        ["System.Numerics.Vector2"] = "Vector2Formatter",
        ["System.Numerics.Vector3"] = "Vector3Formatter",
        ["System.Numerics.Vector4"] = "Vector4Formatter",
        ["System.Numerics.Quaternion"] = "QuaternionFormatter",
        ["System.Numerics.Plane"] = "PlaneFormatter",
        ["System.Numerics.Matrix3x2"] = "Matrix3x2Formatter",
        ["System.Numerics.Matrix4x4"] = "Matrix4x4Formatter",
        ["System.Net.IPAddress"] = "IPAddressFormatter",
        ["System.Net.IPEndPoint"] = "IPEndPointFormatter",
        ["System.Globalization.CultureInfo"] = "CultureInfoFormatter",
        ["System.TimeZoneInfo"] = "TimeZoneInfoFormatter",
        ["System.Text.Json.JsonElement"] = "JsonElementFormatter",
        ["System.Text.Json.JsonDocument"] = "JsonDocumentFormatter",
        ["System.Text.Json.Nodes.JsonNode"] = "JsonNodeFormatter",
        ["System.Text.Json.Nodes.JsonObject"] = "JsonObjectFormatter",
        ["System.Text.Json.Nodes.JsonArray"] = "JsonArrayFormatter",
        ["TunnelRpc.Serialization.Unit"] = "UnitFormatter",
        ["System.IO.Stream"] = "StreamFormatter",
        ["System.IO.Pipelines.PipeReader"] = "PipeReaderFormatter",
        ["System.IO.Pipelines.PipeWriter"] = "PipeWriterFormatter",
    };

    /// <summary>The types that are passed by reference, by full name or by the full name of the generic definition.</summary>
    public static readonly HashSet<string> PassedByReference =
    [
        "System.IO.Stream",
        "System.IO.Pipelines.PipeReader",
        "System.IO.Pipelines.PipeWriter",
        "System.IProgress<T>",
        "System.IObservable<T>",
        "System.Threading.Channels.ChannelReader<T>",
        "System.Collections.Generic.IAsyncEnumerable<T>",
    ];

    /// <summary>
    /// The generic types: from the full name of the generic definition to the formatter, whose constructor takes the formatters of the type
    /// arguments.
    /// </summary>
    public static readonly Dictionary<string, string> Generics = new()
    {
        ["System.Collections.Generic.List<T>"] = "ListFormatter",
        ["System.Collections.Generic.HashSet<T>"] = "HashSetFormatter",
        ["System.Collections.Generic.SortedSet<T>"] = "SortedSetFormatter",
        ["System.Collections.Generic.Queue<T>"] = "QueueFormatter",
        ["System.Collections.Generic.Stack<T>"] = "StackFormatter",
        ["System.Collections.Generic.LinkedList<T>"] = "LinkedListFormatter",
        ["System.Collections.Immutable.ImmutableArray<T>"] = "ImmutableArrayFormatter",
        ["System.Collections.Immutable.ImmutableList<T>"] = "ImmutableListFormatter",
        ["System.Collections.Immutable.ImmutableHashSet<T>"] = "ImmutableHashSetFormatter",
        ["System.Memory<T>"] = "MemoryFormatter",
        ["System.ReadOnlyMemory<T>"] = "ReadOnlyMemoryFormatter",
        ["System.Collections.Generic.IReadOnlyList<T>"] = "InterfaceReadOnlyListFormatter",
        ["System.Collections.Generic.IReadOnlyCollection<T>"] = "InterfaceReadOnlyCollectionFormatter",
        ["System.Collections.Generic.IEnumerable<T>"] = "InterfaceEnumerableFormatter",
        ["System.Collections.Generic.IList<T>"] = "InterfaceListFormatter",
        ["System.Collections.Generic.ICollection<T>"] = "InterfaceCollectionFormatter",
        ["System.Collections.Generic.ISet<T>"] = "InterfaceSetFormatter",
        ["System.Collections.Generic.IReadOnlySet<T>"] = "InterfaceReadOnlySetFormatter",
        ["System.Collections.Generic.Dictionary<TKey, TValue>"] = "DictionaryFormatter",
        ["System.Collections.Generic.SortedDictionary<TKey, TValue>"] = "SortedDictionaryFormatter",
        ["System.Collections.Immutable.ImmutableDictionary<TKey, TValue>"] = "ImmutableDictionaryFormatter",
        ["System.Collections.Generic.IDictionary<TKey, TValue>"] = "InterfaceDictionaryFormatter",
        ["System.Collections.Generic.IReadOnlyDictionary<TKey, TValue>"] = "InterfaceReadOnlyDictionaryFormatter",
        ["System.IProgress<T>"] = "ProgressFormatter",
        ["System.Collections.Generic.IAsyncEnumerable<T>"] = "AsyncEnumerableFormatter",
        ["System.IObservable<T>"] = "ObservableFormatter",
        ["System.Threading.Channels.ChannelReader<T>"] = "ChannelReaderFormatter",
        ["System.Collections.Generic.KeyValuePair<TKey, TValue>"] = "KeyValuePairFormatter",
        ["System.Collections.Concurrent.ConcurrentBag<T>"] = "ConcurrentBagFormatter",
        ["System.Collections.Concurrent.ConcurrentQueue<T>"] = "ConcurrentQueueFormatter",
        ["System.Collections.Concurrent.ConcurrentStack<T>"] = "ConcurrentStackFormatter",
        ["System.Collections.Concurrent.ConcurrentDictionary<TKey, TValue>"] = "ConcurrentDictionaryFormatter",
        ["System.Collections.ObjectModel.Collection<T>"] = "ListCollectionFormatter",
        ["System.Collections.ObjectModel.ObservableCollection<T>"] = "ObservableCollectionFormatter",
        ["System.Collections.ObjectModel.ReadOnlyCollection<T>"] = "ReadOnlyCollectionFormatter",
        ["System.Collections.ObjectModel.ReadOnlyObservableCollection<T>"] = "ReadOnlyObservableCollectionFormatter",
        ["System.Collections.ObjectModel.ReadOnlySet<T>"] = "ReadOnlySetFormatter",
        ["System.Collections.ObjectModel.ReadOnlyDictionary<TKey, TValue>"] = "ReadOnlyDictionaryFormatter",
        ["System.Collections.Frozen.FrozenSet<T>"] = "FrozenSetFormatter",
        ["System.Collections.Frozen.FrozenDictionary<TKey, TValue>"] = "FrozenDictionaryFormatter",
        ["System.Collections.Immutable.ImmutableQueue<T>"] = "ImmutableQueueFormatter",
        ["System.Collections.Immutable.ImmutableStack<T>"] = "ImmutableStackFormatter",
        ["System.Collections.Immutable.ImmutableSortedSet<T>"] = "ImmutableSortedSetFormatter",
        ["System.Collections.Immutable.ImmutableSortedDictionary<TKey, TValue>"] = "ImmutableSortedDictionaryFormatter",
        ["System.Collections.Immutable.IImmutableList<T>"] = "InterfaceImmutableListFormatter",
        ["System.Collections.Immutable.IImmutableQueue<T>"] = "InterfaceImmutableQueueFormatter",
        ["System.Collections.Immutable.IImmutableStack<T>"] = "InterfaceImmutableStackFormatter",
        ["System.Collections.Immutable.IImmutableSet<T>"] = "InterfaceImmutableSetFormatter",
        ["System.Collections.Immutable.IImmutableDictionary<TKey, TValue>"] = "InterfaceImmutableDictionaryFormatter",
        ["System.Collections.Generic.SortedList<TKey, TValue>"] = "SortedListFormatter",
        ["System.Collections.Generic.OrderedDictionary<TKey, TValue>"] = "OrderedDictionaryFormatter",
        ["System.Collections.Generic.PriorityQueue<TElement, TPriority>"] = "PriorityQueueFormatter",
        ["System.Linq.ILookup<TKey, TElement>"] = "LookupFormatter",
        ["System.Linq.IGrouping<TKey, TElement>"] = "GroupingFormatter",
        ["System.ArraySegment<T>"] = "ArraySegmentFormatter",
        ["System.Buffers.ReadOnlySequence<T>"] = "ReadOnlySequenceFormatter",
    };

    /// <summary>The formatters of values that are passed by reference. They are in the namespace TunnelRpc.References.</summary>
    public static readonly HashSet<string> ByReference =
    [
        "StreamFormatter",
        "PipeReaderFormatter",
        "PipeWriterFormatter",
        "ProgressFormatter",
        "AsyncEnumerableFormatter",
        "ObservableFormatter",
        "ChannelReaderFormatter",
    ];
}

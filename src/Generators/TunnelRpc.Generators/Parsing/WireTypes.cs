using System.Collections.Generic;
using System.Linq;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// The wire types of the values with a built-in formatter, as docs/contract-lock.md lists them. Two types of .NET with the same encoding
/// and the same meaning, such as a list and an array, have the same wire type.
/// </summary>
internal static class WireTypes
{
    /// <summary>The wire type of a call without a result.</summary>
    public const string Nil = "nil";

    /// <summary>The scalars: from the name of the formatter, or of the reader's method, without "Formatter".</summary>
    private static readonly Dictionary<string, string> Scalars = new()
    {
        ["Boolean"] = "bool",
        ["Byte"] = "uint8",
        ["SByte"] = "int8",
        ["Int16"] = "int16",
        ["UInt16"] = "uint16",
        ["Int32"] = "int32",
        ["UInt32"] = "uint32",
        ["Int64"] = "int64",
        ["UInt64"] = "uint64",
        ["Single"] = "float32",
        ["Double"] = "float64",
        ["Char"] = "char",
        ["String"] = "string",
        ["Decimal"] = "decimal",
        ["Guid"] = "guid",
        ["DateTime"] = "timestamp",
        ["DateTimeOffset"] = "timestamp-offset",
        ["DateOnly"] = "date",
        ["TimeOnly"] = "time",
        ["TimeSpan"] = "duration",
        ["BigInteger"] = "big-integer",
        ["Uri"] = "uri",
        ["Version"] = "version",
        ["Int128"] = "int128",
        ["UInt128"] = "uint128",
        ["Half"] = "float16",
        ["ByteArray"] = "binary",
        ["MemoryByte"] = "binary",
        ["ReadOnlyMemoryByte"] = "binary",
        ["ArraySegmentByte"] = "binary?",
        ["ReadOnlySequenceByte"] = "binary",
        ["IntPtr"] = "native-int",
        ["UIntPtr"] = "native-uint",
        ["Index"] = "index",
        ["Range"] = "range",
        ["Rune"] = "rune",
        ["StringBuilder"] = "string",
        ["BitArray"] = "bits",
        ["Complex"] = "complex",
        ["Vector2"] = "vector2",
        ["Vector3"] = "vector3",
        ["Vector4"] = "vector4",
        ["Quaternion"] = "quaternion",
        ["Plane"] = "plane",
        ["Matrix3x2"] = "matrix3x2",
        ["Matrix4x4"] = "matrix4x4",
        ["IPAddress"] = "ip-address",
        ["IPEndPoint"] = "ip-endpoint",
        ["CultureInfo"] = "culture",
        ["TimeZoneInfo"] = "time-zone",
        ["JsonElement"] = "json?",
        ["JsonDocument"] = "json",
        ["JsonNode"] = "json",
        ["JsonObject"] = "json-object",
        ["JsonArray"] = "json-array",
        ["Unit"] = Nil,
        ["Stream"] = "byte-stream",
        ["PipeReader"] = "byte-stream",
        ["PipeWriter"] = "byte-sink",
    };

    /// <summary>The constructed types: from the name of the formatter without "Formatter".</summary>
    private static readonly Dictionary<string, string> Constructed = new()
    {
        ["Array"] = "array",
        ["Array2D"] = "array2d",
        ["Array3D"] = "array3d",
        ["Array4D"] = "array4d",
        ["List"] = "array",
        ["HashSet"] = "set",
        ["SortedSet"] = "set",
        ["Queue"] = "array",
        ["Stack"] = "stack",
        ["LinkedList"] = "array",
        ["ImmutableArray"] = "array?",
        ["ImmutableList"] = "array",
        ["ImmutableHashSet"] = "set",
        ["Memory"] = "array",
        ["ReadOnlyMemory"] = "array",
        ["InterfaceReadOnlyList"] = "array",
        ["InterfaceReadOnlyCollection"] = "array",
        ["InterfaceEnumerable"] = "array",
        ["InterfaceList"] = "array",
        ["InterfaceCollection"] = "array",
        ["InterfaceSet"] = "set",
        ["InterfaceReadOnlySet"] = "set",
        ["Dictionary"] = "map",
        ["SortedDictionary"] = "map",
        ["ImmutableDictionary"] = "map",
        ["InterfaceDictionary"] = "map",
        ["InterfaceReadOnlyDictionary"] = "map",
        ["Progress"] = "progress",
        ["AsyncEnumerable"] = "stream",
        ["Observable"] = "stream",
        ["ChannelReader"] = "stream",
        ["KeyValuePair"] = "tuple",
        ["ValueTuple"] = "tuple",
        ["Tuple"] = "tuple",
        ["ConcurrentBag"] = "array",
        ["ConcurrentQueue"] = "array",
        ["ConcurrentStack"] = "stack",
        ["ConcurrentDictionary"] = "map",
        ["ListCollection"] = "array",
        ["ObservableCollection"] = "array",
        ["ReadOnlyCollection"] = "array",
        ["ReadOnlyObservableCollection"] = "array",
        ["ReadOnlySet"] = "set",
        ["ReadOnlyDictionary"] = "map",
        ["FrozenSet"] = "set",
        ["FrozenDictionary"] = "map",
        ["ImmutableQueue"] = "array",
        ["ImmutableStack"] = "stack",
        ["ImmutableSortedSet"] = "set",
        ["ImmutableSortedDictionary"] = "map",
        ["InterfaceImmutableList"] = "array",
        ["InterfaceImmutableQueue"] = "array",
        ["InterfaceImmutableStack"] = "stack",
        ["InterfaceImmutableSet"] = "set",
        ["InterfaceImmutableDictionary"] = "map",
        ["SortedList"] = "map",
        ["OrderedDictionary"] = "map",
        ["PriorityQueue"] = "priority-queue",
        ["Lookup"] = "lookup",
        ["Grouping"] = "grouping",
        ["ArraySegment"] = "array?",
        ["ReadOnlySequence"] = "array",
    };

    /// <summary>All wire types, for tests.</summary>
    public static IEnumerable<string> All => Scalars.Values.Concat(Constructed.Values).Select(t => t.TrimEnd('?')).Distinct();

    /// <summary>Returns whether a formatter has a wire type.</summary>
    public static bool Has(string formatter) => Scalars.ContainsKey(Trim(formatter)) || Constructed.ContainsKey(Trim(formatter));

    /// <summary>Returns the wire type of a scalar.</summary>
    /// <param name="formatter">The name of the formatter, or of the reader's method.</param>
    public static string OfScalar(string formatter) => Scalars[Trim(formatter)];

    /// <summary>Returns the wire type of a constructed type.</summary>
    /// <param name="formatter">The name of the formatter.</param>
    /// <param name="arguments">The wire types of the arguments.</param>
    public static string OfConstructed(string formatter, IEnumerable<string> arguments)
    {
        string name = Constructed[Trim(formatter)];
        string type = $"{name.TrimEnd('?')}<{string.Join(",", arguments)}>";
        return name[name.Length - 1] == '?' ? WireType.ToNullable(type) : type;
    }

    /// <summary>Returns the wire type of a service that is passed by reference.</summary>
    public static string OfReference(string service) => $"service<{LockText.Encode(service)}>";

    /// <summary>Returns the wire type of a value whose formatter an attribute names.</summary>
    public static string OfFormatter(string formatter) => $"formatter<{WireType.NameOf(formatter)}>";

    private static string Trim(string formatter) =>
        formatter.EndsWith("Formatter", System.StringComparison.Ordinal)
            ? formatter.Substring(0, formatter.Length - "Formatter".Length)
            : formatter;
}

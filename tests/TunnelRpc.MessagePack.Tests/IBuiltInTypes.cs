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
using TunnelRpc.Serialization;

namespace TunnelRpc.MessagePack.Tests;

/// <summary>A method for each type with a built-in formatter, which the tests find by the type of its result.</summary>
[TunnelService]
public partial interface IBuiltInTypes
{
    Task<bool> Type0Async();

    Task<byte> Type1Async();

    Task<sbyte> Type2Async();

    Task<short> Type3Async();

    Task<ushort> Type4Async();

    Task<int> Type5Async();

    Task<uint> Type6Async();

    Task<long> Type7Async();

    Task<ulong> Type8Async();

    Task<char> Type9Async();

    Task<float> Type10Async();

    Task<double> Type11Async();

    Task<Half> Type12Async();

    Task<string> Type13Async();

    Task<decimal> Type14Async();

    Task<Guid> Type15Async();

    Task<DateTime> Type16Async();

    Task<DateTimeOffset> Type17Async();

    Task<DateOnly> Type18Async();

    Task<TimeOnly> Type19Async();

    Task<TimeSpan> Type20Async();

    Task<BigInteger> Type21Async();

    Task<Int128> Type22Async();

    Task<UInt128> Type23Async();

    Task<Uri> Type24Async();

    Task<Version> Type25Async();

    Task<nint> Type26Async();

    Task<nuint> Type27Async();

    Task<Index> Type28Async();

    Task<Range> Type29Async();

    Task<Rune> Type30Async();

    Task<StringBuilder> Type31Async();

    Task<Complex> Type32Async();

    Task<Vector2> Type33Async();

    Task<Vector3> Type34Async();

    Task<Vector4> Type35Async();

    Task<Quaternion> Type36Async();

    Task<Plane> Type37Async();

    Task<Matrix3x2> Type38Async();

    Task<Matrix4x4> Type39Async();

    Task<IPAddress> Type40Async();

    Task<IPEndPoint> Type41Async();

    Task<CultureInfo> Type42Async();

    Task<TimeZoneInfo> Type43Async();

    Task<JsonElement> Type44Async();

    Task<JsonDocument> Type45Async();

    Task<JsonNode> Type46Async();

    Task<JsonObject> Type47Async();

    Task<JsonArray> Type48Async();

    Task<byte[]> Type49Async();

    Task<Memory<byte>> Type50Async();

    Task<ReadOnlyMemory<byte>> Type51Async();

    Task<ReadOnlySequence<byte>> Type52Async();

    Task<ArraySegment<byte>> Type53Async();

    Task<Unit> Type54Async();

    Task<int?> Type55Async();

    Task<DayOfWeek> Type56Async();

    Task<int[]> Type57Async();

    Task<string[][]> Type58Async();

    Task<List<int>> Type59Async();

    Task<HashSet<string>> Type60Async();

    Task<SortedSet<int>> Type61Async();

    Task<Queue<int>> Type62Async();

    Task<LinkedList<int>> Type63Async();

    Task<Memory<int>> Type64Async();

    Task<ReadOnlyMemory<int>> Type65Async();

    Task<ReadOnlySequence<int>> Type66Async();

    Task<ArraySegment<int>> Type67Async();

    Task<IImmutableList<int>> Type68Async();

    Task<ImmutableList<int>> Type69Async();

    Task<ImmutableQueue<int>> Type70Async();

    Task<IImmutableQueue<int>> Type71Async();

    Task<IImmutableStack<int>> Type72Async();

    Task<ImmutableHashSet<int>> Type73Async();

    Task<IImmutableSet<int>> Type74Async();

    Task<ImmutableSortedSet<int>> Type75Async();

    Task<ImmutableDictionary<int, string>> Type76Async();

    Task<IImmutableDictionary<int, string>> Type77Async();

    Task<ImmutableSortedDictionary<int, string>> Type78Async();

    Task<FrozenSet<int>> Type79Async();

    Task<FrozenDictionary<int, string>> Type80Async();

    Task<ReadOnlySet<int>> Type81Async();

    Task<Collection<int>> Type82Async();

    Task<ReadOnlyCollection<int>> Type83Async();

    Task<ObservableCollection<int>> Type84Async();

    Task<ReadOnlyObservableCollection<int>> Type85Async();

    Task<ConcurrentQueue<int>> Type86Async();

    Task<ConcurrentBag<int>> Type87Async();

    Task<Stack<int>> Type88Async();

    Task<ConcurrentStack<int>> Type89Async();

    Task<ImmutableStack<int>> Type90Async();

    Task<ImmutableArray<int>> Type91Async();

    Task<BitArray> Type92Async();

    Task<int[,]> Type93Async();

    Task<string[,,]> Type94Async();

    Task<int[,,,]> Type95Async();

    Task<PriorityQueue<string, int>> Type96Async();

    Task<ILookup<bool, int>> Type97Async();

    Task<IGrouping<bool, int>> Type98Async();

    Task<IReadOnlyList<int>> Type99Async();

    Task<IReadOnlyCollection<int>> Type100Async();

    Task<IEnumerable<int>> Type101Async();

    Task<IList<int>> Type102Async();

    Task<ICollection<int>> Type103Async();

    Task<ISet<int>> Type104Async();

    Task<IReadOnlySet<int>> Type105Async();

    Task<SortedList<int, string>> Type106Async();

    Task<Dictionary<int, string>> Type107Async();

    Task<IDictionary<int, string>> Type108Async();

    Task<IReadOnlyDictionary<int, string>> Type109Async();

    Task<ReadOnlyDictionary<int, string>> Type110Async();

    Task<SortedDictionary<int, string>> Type111Async();

    Task<OrderedDictionary<int, string>> Type112Async();

    Task<ConcurrentDictionary<int, string>> Type113Async();

    Task<KeyValuePair<int, string>> Type114Async();

    Task<(int, string)> Type115Async();

    Task<(int, int, int, int, int, int, int, string, int)> Type116Async();

    Task<Tuple<int, string>> Type117Async();

    Task<Tuple<int, int, int, int, int, int, int, Tuple<string>>> Type118Async();
}

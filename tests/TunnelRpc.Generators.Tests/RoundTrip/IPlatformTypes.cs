using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>
/// Further types of the platform: as arguments, results, items of streams, elements, values and members. Each method returns its argument.
/// </summary>
[TunnelService]
public partial interface IPlatformTypes
{
    Task<PlatformMembers> MembersAsync(PlatformMembers value);

    Task<ConcurrentStack<int>?> StackAsync(ConcurrentStack<int>? value);

    Task<Dictionary<string, List<ImmutableQueue<string?>>>> NestedAsync(Dictionary<string, List<ImmutableQueue<string?>>> value);

    Task<ILookup<string, PlatformMembers?>> LookupAsync(ILookup<string, PlatformMembers?> value);

    Task<int[,]?> ArrayAsync(int[,]? value);

    Task<(int, string, int, int, int, int, int, string?, int)> TupleAsync((int, string, int, int, int, int, int, string?, int) value);

    Task<JsonNode?> NodeAsync(JsonNode? value);

    IAsyncEnumerable<JsonElement> ElementsAsync(IAsyncEnumerable<JsonElement> items);

    IAsyncEnumerable<ArraySegment<byte>> SegmentsAsync(IAsyncEnumerable<ArraySegment<byte>> items);
}

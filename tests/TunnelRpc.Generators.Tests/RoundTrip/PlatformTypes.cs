using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TunnelRpc.Generators.Tests.RoundTrip;

internal sealed class PlatformTypes : IPlatformTypes
{
    public Task<PlatformMembers> MembersAsync(PlatformMembers value) => Task.FromResult(value);

    public Task<ConcurrentStack<int>?> StackAsync(ConcurrentStack<int>? value) => Task.FromResult(value);

    public Task<Dictionary<string, List<ImmutableQueue<string?>>>> NestedAsync(Dictionary<string, List<ImmutableQueue<string?>>> value) =>
        Task.FromResult(value);

    public Task<ILookup<string, PlatformMembers?>> LookupAsync(ILookup<string, PlatformMembers?> value) => Task.FromResult(value);

    public Task<int[,]?> ArrayAsync(int[,]? value) => Task.FromResult(value);

    public Task<(int, string, int, int, int, int, int, string?, int)> TupleAsync(
        (int, string, int, int, int, int, int, string?, int) value) => Task.FromResult(value);

    public Task<JsonNode?> NodeAsync(JsonNode? value) => Task.FromResult(value);

    public IAsyncEnumerable<JsonElement> ElementsAsync(IAsyncEnumerable<JsonElement> items) => items;

    public IAsyncEnumerable<ArraySegment<byte>> SegmentsAsync(IAsyncEnumerable<ArraySegment<byte>> items) => items;
}

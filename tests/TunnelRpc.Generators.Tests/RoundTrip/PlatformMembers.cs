using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Members of further types of the platform.</summary>
public sealed record PlatformMembers
{
    public ObservableCollection<int> Observable { get; init; } = [];

    public FrozenDictionary<string, IPAddress>? Frozen { get; init; }

    public ImmutableArray<int> Array { get; init; }

    public ImmutableArray<int>? NullableArray { get; init; }

    public OrderedDictionary<string, int>? Ordered { get; init; }

    public PriorityQueue<string, int>? Queue { get; init; }

    public ReadOnlySequence<byte> Bytes { get; init; }

    public Vector3 Vector { get; init; }

    public Index? Index { get; init; }

    public nint Native { get; init; }

    public StringBuilder? Text { get; init; }

    public Rune[] Runes { get; init; } = [];

    public JsonElement? Json { get; init; }
}

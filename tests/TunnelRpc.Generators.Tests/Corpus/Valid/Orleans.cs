using Orleans;

namespace Corpus.Orleans;

// A grain with an integer key: the key is an argument.
[TunnelService] public partial interface IHelloGrain { ValueTask<string> SayHello(long key, string greeting); }

// Grains with state.
[GenerateSerializer]
public sealed class ProfileState
{
    [Id(0)]
    public string DisplayName { get; set; } = "";

    [Id(1)]
    public HashSet<Guid> Friends { get; set; } = [];

    [Id(2)]
    public DateTimeOffset? LastSeen { get; set; }
}

[TunnelService] public partial interface IProfileGrain { Task<ProfileState> GetState(Guid key); Task AddFriend(Guid key, Guid friend); }

// State with a member that has no id, which Orleans does not serialize.
[GenerateSerializer]
public sealed class CachedState
{
    [Id(0)]
    public int Total { get; set; }

    public int Cached { get; set; }
}

// A record, whose parameters need no ids.
[GenerateSerializer]
public sealed record Shelf(string Aisle, int Level);

[TunnelService] public partial interface IShelfGrain { Task<CachedState> GetState(); Task<Shelf> GetShelf(); }

// An immutable record with an alias.
[GenerateSerializer, Immutable, Alias("acme.ItemRecord")]
public sealed record InventoryItem([property: Id(0)] string Sku, [property: Id(1)] int Quantity, [property: Id(2)] decimal UnitPrice);

[TunnelService] public partial interface IInventoryGrain
{
    Task<InventoryItem> Get(string sku);
    Task<System.Collections.Immutable.ImmutableHashSet<InventoryItem>> GetAll();
    ValueTask<int> Reserve(string sku, int count);
}

// Observers: a callback contract without results.
[TunnelService] public partial interface IGameObserver { [OneWay] Task UpdateGameScore(string score); }

[TunnelService] public partial interface IGameGrain
{
    Task ObserveGameUpdates(IGameObserver observer);
    IAsyncEnumerable<GameStatus> WatchStatus(CancellationToken cancellationToken = default);
    Task<GameStatus> GetStatus();
}

[GenerateSerializer]
public struct GameStatus
{
    [Id(0)]
    public HashSet<Guid> Players { get; init; }

    [Id(1)]
    public string Score { get; init; }
}

// Accounts and transactions.
[GenerateSerializer]
public record struct Balance
{
    [Id(0)]
    public int Value { get; set; }
}

[TunnelService] public partial interface IAccountGrain
{
    [Idempotent] Task<Balance> GetBalance(string account);
    [OneWay] Task Ping();
    Task Transfer(string from, string to, uint amount);
}

// A request and a response with a hierarchy.
[GenerateSerializer]
public abstract class Request
{
    [Id(0)]
    public required string CorrelationId { get; init; }
}

[GenerateSerializer]
public sealed class SearchRequest : Request
{
    [Id(0)]
    public List<string> Terms { get; init; } = [];

    [Id(1)]
    public (int Skip, int Take) Window { get; init; } = (0, 10);
}

[TunnelService] public partial interface ISearchGrain { Task<SearchRequest> Last(); Task<Tuple<int, string>> Search(SearchRequest request); }

public static class Values
{
    public static string Hello => "hello";

    public static ProfileState Profile => new()
    {
        DisplayName = "Ada",
        Friends = [new("00000000-0000-0000-0000-000000000001"), new("00000000-0000-0000-0000-000000000002")],
        LastSeen = new(2024, 5, 6, 7, 8, 9, TimeSpan.FromHours(1)),
    };

    public static CachedState Cached => new() { Total = 1, Cached = 2 };

    public static Shelf Shelf => new("A", 2);

    public static InventoryItem Item => new("sku", 3, 9.90m);

    public static System.Collections.Immutable.ImmutableHashSet<InventoryItem> Items => [Item, Item with { Sku = "other" }];

    public static int Count => 3;

    public static GameStatus Status => new() { Players = [new("00000000-0000-0000-0000-000000000003")], Score = "1:0" };

    public static Balance Balance => new() { Value = 100 };

    public static SearchRequest Request => new() { CorrelationId = "c", Terms = ["a", "b"], Window = (10, 20) };

    public static Tuple<int, string> Found => new(1, "a");
}

namespace Corpus.Generics;

// A result with data or an error.
public sealed record Result<T>(bool Ok, T? Data, string? Error);

[TunnelService] public partial interface IResults { Task<Result<int>> IntAsync(); Task<Result<string>> TextAsync(); Task<Result<Item[]>> ItemsAsync(); }

public sealed record Item(int Id, string Name);

// A page.
public sealed class Page<T>
{
    public IReadOnlyList<T> Items { get; init; } = [];

    public int Total { get; init; }

    public int? Next { get; init; }
}

[TunnelService] public partial interface IPages { Task<Page<Item>> GetAsync(); Task<Page<Page<int>>> NestedAsync(); }

// Several type parameters with constraints.
public sealed record Entry<TKey, TValue>(TKey Key, TValue Value)
    where TKey : notnull, IComparable<TKey>
    where TValue : class?;

[TunnelService] public partial interface IEntries { Task<Entry<int, Item>> GetAsync(); Task<Entry<string, string?>> TextAsync(); }

// A struct with a struct parameter.
public readonly struct Optional<T>(T? value)
    where T : struct
{
    public T? Value { get; } = value;
}

[TunnelService] public partial interface IOptionals { Task<Optional<int>> IntAsync(); Task<Optional<Guid>> GuidAsync(); }

// A base class with a type parameter.
public abstract class Versioned<TId>
{
    public required TId Id { get; init; }

    public long Version { get; set; }
}

public sealed class Document : Versioned<Guid>
{
    public string Text { get; set; } = "";
}

public sealed class Note : Versioned<string>
{
    public int Stars { get; set; }
}

[TunnelService] public partial interface IDocuments { Task<Document> GetAsync(); Task<Note> NoteAsync(); }

// Types nested in a generic type.
public static class Graph<TNode>
{
    public sealed record Edge(TNode From, TNode To);

    public sealed record Path(List<Edge> Edges);
}

[TunnelService] public partial interface IGraphs { Task<Graph<int>.Path> IntAsync(); Task<Graph<string>.Edge> TextAsync(); }

// A type that contains itself with the same and with other type arguments.
public sealed class Tree<T>
{
    public T? Value { get; set; }

    public List<Tree<T>> Children { get; set; } = [];

    public Tree<string>? Label { get; set; }
}

[TunnelService] public partial interface ITrees { Task<Tree<int>> GetAsync(); }

// Type arguments that are tuples, arrays, nullable and generic.
public sealed record Box<T>(T Content);

[TunnelService] public partial interface IBoxes
{
    Task<Box<(int A, string? B)>> TupleAsync();
    Task<Box<int[][]>> ArrayAsync();
    Task<Box<int?>> NullableAsync();
    Task<Box<Dictionary<string, Box<string?>>>> GenericAsync();
    Task<List<Box<DayOfWeek>>> EnumAsync();
}

// A contract that inherits from a generic interface.
public interface IRepository<TKey, TEntity>
{
    Task<TEntity> FindAsync(TKey key);

    Task<IReadOnlyList<TEntity>> ListAsync(int skip = 0, CancellationToken cancellationToken = default);
}

[TunnelService] public partial interface IItems : IRepository<int, Item>;

// The conversion of a strongly typed id.
public sealed record Id<TEntity>(Guid Value);

public sealed record Owned(Id<Item> Item, Id<Owned> Self);

[TunnelService] public partial interface IOwned { Task<Owned> GetAsync(); }

public static class Values
{
    public static Result<int> Int => new(true, 5, "e");

    public static Result<string> Text => new(true, "x", "e");

    public static Result<Item[]> Items => new(true, [new(1, "a")], "e");

    public static Page<Item> Page => new() { Items = [new(1, "a"), new(2, "b")], Total = 20, Next = 2 };

    public static Page<Page<int>> Pages => new() { Items = [new() { Items = [1], Total = 1, Next = 2 }], Total = 1, Next = 3 };

    public static Entry<int, Item> Entry => new(1, new(2, "b"));

    public static Entry<string, string?> TextEntry => new("k", "v");

    public static Optional<int> Optional => new(5);

    public static Optional<Guid> OptionalGuid => new(new Guid("00000000-0000-0000-0000-000000000001"));

    public static Document Document => new() { Id = new("00000000-0000-0000-0000-000000000002"), Version = 3, Text = "t" };

    public static Note Note => new() { Id = "n", Version = 4, Stars = 5 };

    public static Graph<int>.Path Path => new([new(1, 2), new(2, 3)]);

    public static Graph<string>.Edge Edge => new("a", "b");

    public static Tree<int> Tree => new()
    {
        Value = 1,
        Children = [new() { Value = 2 }, new() { Value = 3 }],
        Label = new() { Value = "root", Children = [new() { Value = "x", Label = new() }] },
    };

    public static Box<(int A, string? B)> Tuple => new((1, "b"));

    public static Box<int[][]> Array => new([[1, 2], [], [3]]);

    public static Box<int?> Nullable => new(5);

    public static Box<Dictionary<string, Box<string?>>> Generic => new(new() { ["a"] = new("b"), ["c"] = new(null) });

    public static List<Box<DayOfWeek>> Enum => [new(DayOfWeek.Friday)];

    public static Item Item => new(1, "a");

    public static IReadOnlyList<Item> ItemList => [new(1, "a"), new(2, "b")];

    public static Owned Owned => new(new(new Guid("00000000-0000-0000-0000-000000000003")), new(new Guid("00000000-0000-0000-0000-000000000004")));
}

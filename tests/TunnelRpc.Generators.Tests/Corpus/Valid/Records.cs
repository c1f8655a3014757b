namespace Corpus.Records;

// Positional, sealed.
public sealed record Person(int Id, string Name);

[TunnelService] public partial interface IPersons { Task<Person> GetAsync(); }

// Not sealed: written only if the object is exactly of this type.
public record Address(string Street, string City, string? Zip);

[TunnelService] public partial interface IAddresses { Task<Address> GetAsync(); Task<List<Address>> ListAsync(); }

// Without parameters.
public sealed record Settings
{
    public int Level { get; init; } = 3;

    public string Theme { get; init; } = "light";

    public IReadOnlyList<string> Plugins { get; init; } = [];
}

[TunnelService] public partial interface ISettings { Task<Settings> GetAsync(); }

// With a body.
public sealed record Order(int Number, IReadOnlyList<string> Lines)
{
    public int Count => Lines.Count;

    public string? Comment { get; set; }

    public bool IsEmpty() => Lines.Count == 0;
}

[TunnelService] public partial interface IOrders { Task<Order> GetAsync(); }

// A parameter whose property is declared in the body.
public sealed record Invoice(string Number, decimal Amount)
{
    public string Number { get; init; } = Number;

    public decimal Amount { get; } = Amount;
}

[TunnelService] public partial interface IInvoices { Task<Invoice> GetAsync(); }

// A parameter whose property is a field.
public sealed record Weight(double Kilograms)
{
    public double Kilograms = Kilograms;
}

[TunnelService] public partial interface IWeights { Task<Weight> GetAsync(); }

// Default values of parameters.
public sealed record Search(string Text, int Page = 1, int Size = 50, SearchOrder Order = SearchOrder.Ascending, string? Filter = null);

public enum SearchOrder { Ascending, Descending }

[TunnelService] public partial interface ISearches { Task<Search> GetAsync(); }

// Required members beside parameters.
public sealed record Account(int Id)
{
    public required string Owner { get; init; }

    public required string? Note { get; set; }
}

[TunnelService] public partial interface IAccounts { Task<Account> GetAsync(); }

// Derived, positional.
public abstract record Shape(string Name);

public sealed record Circle(string Name, double Radius) : Shape(Name);

public sealed record Square(string Name, double Side) : Shape(Name)
{
    public string? Color { get; init; }
}

[TunnelService] public partial interface IShapes { Task<Circle> CircleAsync(); Task<Square> SquareAsync(); }

// A record in a record.
public sealed record Line(Point From, Point To, Point? Middle);

public sealed record Point(int X, int Y);

[TunnelService] public partial interface ILines { Task<Line> GetAsync(); Task<Dictionary<string, Line?>> MapAsync(); }

// Several constructors.
public sealed record Range(int Start, int End)
{
    public Range(int end)
        : this(0, end)
    {
    }

    public Range()
        : this(0, 0)
    {
    }
}

[TunnelService] public partial interface IRanges { Task<Range> GetAsync(); }

// Keys and exclusions on the properties of parameters.
public sealed record Keyed([property: TunnelMember(0)] int A, [TunnelMember(2)] string B, [property: TunnelMember(1)] bool C = true)
{
    [TunnelIgnore]
    public int Cached { get; set; }
}

[TunnelService] public partial interface IKeyed { Task<Keyed> GetAsync(); }

// Record structs.
public readonly record struct Money(decimal Amount, string Currency);

public record struct Counter(int Value)
{
    public int Step { get; set; } = 1;
}

[TunnelService] public partial interface IMoney { Task<Money> GetAsync(); Task<Counter> CountAsync(); Task<Money?> MaybeAsync(); }

// Overridden members, which have no state.
public sealed record Secret(string Text)
{
    public override string ToString() => "***";

    public bool Equals(Secret? other) => other?.Text == Text;

    public override int GetHashCode() => Text.Length;
}

[TunnelService] public partial interface ISecrets { Task<Secret> GetAsync(); }

// A record with a virtual property that a record overrides.
public abstract record Named
{
    public virtual string Title { get; init; } = "";
}

public sealed record Chapter : Named
{
    public override string Title { get; init; } = "?";

    public int Pages { get; init; }
}

[TunnelService] public partial interface IChapters { Task<Chapter> GetAsync(); }

// Names that differ only in case.
public sealed record Cases(int x, int X, string name, string Name);

[TunnelService] public partial interface ICases { Task<Cases> GetAsync(); }

public static class Values
{
    public static Person Person => new(1, "Ada");

    public static Address Address => new("Main", "Paris", "75001");

    public static List<Address> Addresses => [new("Main", "Paris", null), new("Side", "Rome", "1")];

    public static Settings Settings => new() { Level = 4, Theme = "dark", Plugins = ["a", "b"] };

    public static Order Order => new(3, ["a", "b"]) { Comment = "fast" };

    public static Invoice Invoice => new("2024-1", 12.50m);

    public static Weight Weight => new(70.5);

    public static Search Search => new("x", 2, 10, SearchOrder.Descending, "y");

    public static Account Account => new(5) { Owner = "Ada", Note = "n" };

    public static Circle Circle => new("c", 2);

    public static Square Square => new("s", 3) { Color = "red" };

    public static Line Line => new(new(1, 2), new(3, 4), new(2, 3));

    public static Dictionary<string, Line?> Lines => new() { ["a"] = Line, ["none"] = null };

    public static Range Range => new(2, 7);

    public static Keyed Keyed => new(1, "b", true) { Cached = 4 };

    public static Money Money => new(9.99m, "EUR");

    public static Counter Counter => new(5) { Step = 2 };

    public static Money? MaybeMoney => new Money(1m, "USD");

    public static Secret Secret => new("s");

    public static Chapter Chapter => new() { Title = "One", Pages = 12 };

    public static Cases Cases => new(1, 2, "a", "b");
}

using System.Diagnostics.CodeAnalysis;

namespace Corpus.Domain;

// A value object with a factory: the constructor is public.
public sealed class EmailAddress : IEquatable<EmailAddress>
{
    public EmailAddress(string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        Value = value;
    }

    public string Value { get; }

    public static EmailAddress Parse(string text) => new(text.Trim());

    public bool Equals(EmailAddress? other) => other?.Value == Value;

    public override bool Equals(object? obj) => Equals(obj as EmailAddress);

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);
}

[TunnelService] public partial interface IEmails { Task<EmailAddress> GetAsync(); Task<List<EmailAddress?>> ListAsync(); }

// A base class of value objects.
public abstract class ValueObject
{
    protected abstract IEnumerable<object?> GetParts();

    public override bool Equals(object? obj) => obj is ValueObject other && other.GetType() == GetType() && GetParts().SequenceEqual(other.GetParts());

    public override int GetHashCode() => GetParts().Aggregate(0, HashCode.Combine);
}

public sealed class Money(decimal amount, string currency) : ValueObject
{
    public decimal Amount { get; } = amount;

    public string Currency { get; } = currency;

    protected override IEnumerable<object?> GetParts() => [Amount, Currency];
}

[TunnelService] public partial interface IMoney { Task<Money> GetAsync(); }

// A base class of entities, with events of the domain that are not sent.
public abstract class Entity<TId>
    where TId : struct
{
    [TunnelIgnore]
    private readonly List<object> _events = [];

    protected Entity(TId id) => Id = id;

    public TId Id { get; }

    [TunnelIgnore]
    public IReadOnlyList<object> Events => _events;

    protected void Raise(object happened) => _events.Add(happened);
}

public sealed class Cart : Entity<Guid>
{
    private readonly List<CartLine> _lines;

    public Cart(Guid id, IReadOnlyList<CartLine> lines)
        : base(id) => _lines = [.. lines];

    public IReadOnlyList<CartLine> Lines => _lines;

    public int Count => _lines.Sum(l => l.Quantity);

    public void Add(CartLine line)
    {
        _lines.Add(line);
        Raise(line);
    }
}

public sealed record CartLine(string Sku, int Quantity);

[TunnelService] public partial interface ICarts { Task<Cart> GetAsync(Guid id); }

// An enumeration class, sent as a record of its number.
public sealed record CardType(int Id, string Name)
{
    public static readonly CardType Visa = new(1, nameof(Visa));

    public static readonly CardType Amex = new(2, nameof(Amex));

    public static IEnumerable<CardType> All => [Visa, Amex];
}

[TunnelService] public partial interface ICardTypes { Task<CardType> GetAsync(); Task<CardType[]> AllAsync(); }

// Ids and their uses.
public readonly record struct CustomerId(Guid Value)
{
    public static CustomerId New() => new(Guid.NewGuid());

    public static implicit operator Guid(CustomerId id) => id.Value;

    public override string ToString() => Value.ToString("N");
}

public sealed record Customer(CustomerId Id, CustomerId? Referrer, IReadOnlyDictionary<CustomerId, int> Ratings);

[TunnelService] public partial interface ICustomers { Task<Customer> GetAsync(CustomerId id); Task<CustomerId> NextAsync(); }

// A period with an invariant that the constructor checks.
public readonly struct Period : IEquatable<Period>
{
    public Period(DateOnly start, DateOnly end)
    {
        if (end < start)
        {
            throw new ArgumentException("The period ends before it starts.", nameof(end));
        }

        Start = start;
        End = end;
    }

    public DateOnly Start { get; }

    public DateOnly End { get; }

    public int Days => End.DayNumber - Start.DayNumber;

    public bool Equals(Period other) => Start == other.Start && End == other.End;

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Period other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Start, End);
}

[TunnelService] public partial interface IPeriods { Task<Period> GetAsync(); Task<Dictionary<string, Period?>> MapAsync(); }

// Commands, events and a message with headers.
public abstract record Command(Guid Id, DateTimeOffset At);

public sealed record PlaceOrder(Guid Id, DateTimeOffset At, string Customer, params string[] Articles) : Command(Id, At);

public sealed class Envelope<T>
    where T : notnull
{
    public required T Body { get; init; }

    public Dictionary<string, string> Headers { get; init; } = [];

    public string? CorrelationId { get; set; }
}

[TunnelService] public partial interface ICommands { Task<Envelope<PlaceOrder>> LastAsync(); }

// A snapshot of an aggregate with its version.
public sealed class Account
{
    private decimal _balance;
    private int _version;

    public string Number { get; set; } = "";

    public decimal Balance { get => _balance; init => _balance = value; }

    public int Version { get => _version; init => _version = value; }

    public void Deposit(decimal amount)
    {
        _balance += amount;
        _version++;
    }
}

[TunnelService] public partial interface IAccounts { Task<Account> GetAsync(string number); }

// A specification: criteria, paging, sorting.
public sealed record Query<TFilter>(TFilter Filter, Sort? Sort, int Skip, int Take = 20);

public sealed record Sort(string By, bool Descending);

public sealed record ProductFilter(string? Text, (decimal Min, decimal Max)? Price, HashSet<string> Tags);

[TunnelService] public partial interface IProducts { Task<Query<ProductFilter>> LastAsync(); IAsyncEnumerable<CartLine> FindAsync(Query<ProductFilter> query); }

// A temperature with a lazily computed member.
public sealed class Statistics(IReadOnlyList<double> samples)
{
    [TunnelIgnore]
    private readonly Lazy<double> _mean = new(() => samples.Average());

    public IReadOnlyList<double> Samples { get; } = samples;

    public double Mean() => _mean.Value;
}

[TunnelService] public partial interface IStatistics { Task<Statistics> GetAsync(); }

public static class Values
{
    public static EmailAddress Email => new("a@example.org");

    public static List<EmailAddress?> Emails => [Email, null];

    public static Money Money => new(12.50m, "EUR");

    public static Cart Cart => new(new("00000000-0000-0000-0000-000000000001"), [new("a", 2)]);

    public static CardType Card => CardType.Amex;

    public static CardType[] Cards => [CardType.Visa, CardType.Amex];

    public static Customer Customer => new(CustomerId, new(new("00000000-0000-0000-0000-000000000003")), new Dictionary<CustomerId, int> { [CustomerId] = 5 });

    public static CustomerId CustomerId => new(new("00000000-0000-0000-0000-000000000002"));

    public static Period Period => new(new(2024, 5, 6), new(2024, 5, 7));

    public static Dictionary<string, Period?> Periods => new() { ["a"] = Period, ["b"] = null };

    public static Envelope<PlaceOrder> Envelope => new()
    {
        Body = new(new("00000000-0000-0000-0000-000000000004"), new(2024, 5, 6, 0, 0, 0, TimeSpan.FromHours(1)), "c", "a", "b"),
        Headers = new() { ["h"] = "v" },
        CorrelationId = "x",
    };

    public static Account Account => new() { Number = "n", Balance = 5.5m, Version = 3 };

    public static Query<ProductFilter> Query => new(new("t", (1, 2), ["a"]), new("price", true), 10, 5);

    public static Statistics Statistics => new([1, 2.5]);
}

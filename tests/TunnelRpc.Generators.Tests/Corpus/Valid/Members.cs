using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace Corpus.Members;

// Properties with public setters.
public sealed class Plain
{
    public int A { get; set; }

    public string B { get; set; } = "";

    public List<int>? C { get; set; }
}

[TunnelService] public partial interface IPlain { Task<Plain> GetAsync(); }

// Init-only and required.
public sealed class Fixed
{
    public int A { get; init; }

    public required string B { get; init; }

    public required int? C { get; set; }
}

[TunnelService] public partial interface IFixed { Task<Fixed> GetAsync(); }

// A constructor for all members.
public sealed class Constructed
{
    public Constructed(int number, string text, IReadOnlyList<string> tags)
    {
        Number = number;
        Text = text;
        Tags = tags;
    }

    public int Number { get; }

    public string Text { get; }

    public IReadOnlyList<string> Tags { get; }
}

[TunnelService] public partial interface IConstructed { Task<Constructed> GetAsync(); }

// A constructor that sets required members.
public sealed class Complete
{
    [SetsRequiredMembers]
    public Complete(int id, string name)
    {
        Id = id;
        Name = name;
    }

    public required int Id { get; init; }

    public required string Name { get; init; }
}

[TunnelService] public partial interface IComplete { Task<Complete> GetAsync(); }

// A primary constructor whose parameters become properties and fields.
public sealed class Primary(int a, string b, double c)
{
    private readonly double _c = c;

    public int A => a;

    public string B { get; } = b;

    public double C => _c;

    public override string ToString() => $"{a}";
}

[TunnelService] public partial interface IPrimary { Task<Primary> GetAsync(); }

// A captured parameter that the constructor restores.
#pragma warning disable CS9124 // The parameter is captured, and initializes a property.
public sealed class Shown(decimal net, string currency)
{
    public decimal Net { get; } = net;

    public string Currency { get; } = currency;

    public string Show() => $"{net} {currency}";
}
#pragma warning restore CS9124

[TunnelService] public partial interface IShown { Task<Shown> GetAsync(); }

// Names of fields by several conventions.
public sealed class Conventions
{
    private int _a;
    private int m_b;
    private int c_;
    private int d;

    public int A { get => _a; set => _a = value; }

    public int B { get { return m_b; } set { m_b = value; } }

    public int C { get => this.c_; set => this.c_ = value; }

    public int D { get => d; set => d = value; }
}

[TunnelService] public partial interface IConventions { Task<Conventions> GetAsync(); }

// A setter that checks, and a member that is converted to its field.
public sealed class Checked
{
    private int _age;
    private long _ticks;

    public int Age
    {
        get => _age;
        set => _age = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    public TimeSpan Time { get => new(_ticks); set => _ticks = value.Ticks; }
}

[TunnelService] public partial interface IChecked { Task<Checked> GetAsync(); }

// Notifications of changes.
public sealed class Observable : INotifyPropertyChanged
{
    private string _name = "";

    public event PropertyChangedEventHandler? PropertyChanged;

    public string Name
    {
        get => _name;
        set
        {
            if (_name != value)
            {
                _name = value;
                PropertyChanged?.Invoke(this, new PropertyChangedEventArgs(nameof(Name)));
            }
        }
    }
}

[TunnelService] public partial interface IObservables { Task<Observable> GetAsync(); }

// A record of changes, excluded.
public sealed class Tracked
{
    [TunnelIgnore]
    private readonly HashSet<string> _changed = [];

    private string _name = "";

    public string Name
    {
        get => _name;
        set
        {
            _name = value;
            _changed.Add(nameof(Name));
        }
    }

    public bool IsChanged(string name) => _changed.Contains(name);
}

[TunnelService] public partial interface ITracked { Task<Tracked> GetAsync(); }

// Computed members and methods.
public sealed class Computed
{
    public decimal Net { get; set; }

    public decimal Rate { get; set; }

    public decimal Gross => Net * (1 + Rate);

    public bool IsFree => Net == 0;

    public string Describe() => $"{Gross}";
}

[TunnelService] public partial interface IComputed { Task<Computed> GetAsync(); }

// A cache, excluded with its property or by itself.
public sealed class Cached
{
    private string? _full;

    [TunnelIgnore]
    private int? _length;

    public string First { get; set; } = "";

    public string Last { get; set; } = "";

    [TunnelIgnore]
    public string Full => _full ??= First + " " + Last;

    public int Length => _length ??= Full.Length;
}

[TunnelService] public partial interface ICached { Task<Cached> GetAsync(); }

// Locks are no state.
public sealed class Locked
{
    private readonly Lock _gate = new();
    private readonly object _old = new();
    private int _count;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }

        set
        {
            lock (_old)
            {
                _count = value;
            }
        }
    }
}

[TunnelService] public partial interface ILocked { Task<Locked> GetAsync(); }

// Static members, constants and events.
public sealed class Statics
{
    public const string Kind = "k";

    private static int s_created;

    public Statics() => s_created++;

    public static event Action? Created;

    public static int Count => s_created;

    public int Own { get; set; }

    public static void Raise() => Created?.Invoke();
}

[TunnelService] public partial interface IStatics { Task<Statics> GetAsync(); }

// Explicit implementations of interfaces.
public interface IHasId { object Id { get; } }

public sealed class Explicit : IHasId, IComparable
{
    public int Number { get; set; }

    object IHasId.Id => Number;

    int IComparable.CompareTo(object? obj) => Number.CompareTo((obj as Explicit)?.Number);
}

[TunnelService] public partial interface IExplicit { Task<Explicit> GetAsync(); }

// An indexer beside members.
public sealed class Indexed
{
    public List<string> Items { get; set; } = [];

    public string this[int index] { get => Items[index]; set => Items[index] = value; }
}

[TunnelService] public partial interface IIndexed { Task<Indexed> GetAsync(); }

// Partial, with a partial property.
public sealed partial class Parts
{
    private int _a;

    public partial int A { get; set; }
}

public sealed partial class Parts
{
    public partial int A { get => _a; set => _a = value; }

    public string? B { get; set; }
}

[TunnelService] public partial interface IParts { Task<Parts> GetAsync(); }

// Public fields of all kinds.
public sealed class Fields
{
    public int A;

    public volatile int B;

    public readonly string C;

    public Fields(string c) => C = c;
}

[TunnelService] public partial interface IFields { Task<Fields> GetAsync(); }

// Keywords, letters of other scripts, and members of Object as names.
public sealed class Names
{
    public int @class { get; set; }

    public int Größe { get; set; }

    public int _ { get; set; }

    public int ToStringValue { get; set; }

    public int value { get; set; }
}

[TunnelService] public partial interface INames { Task<Names> GetAsync(); }

// String keys.
public sealed class Renamed
{
    [TunnelMember("a")]
    public int First { get; set; }

    [TunnelMember("with space, \"quotes\", ☃ and 😀")]
    public int Second { get; set; }

    public int Third { get; set; }
}

[TunnelService] public partial interface IRenamed { Task<Renamed> GetAsync(); }

// Integer keys with gaps.
public sealed class Gaps
{
    [TunnelMember(1)]
    public int A { get; set; }

    [TunnelMember(5)]
    public string? B { get; set; }

    [TunnelMember(1023)]
    public int C { get; set; }
}

[TunnelService] public partial interface IGaps { Task<Gaps> GetAsync(); }

// A constructor that takes a service which it does not keep.
public sealed class Configured
{
    public Configured(int id, IComparer<int>? comparer = null)
    {
        Id = id;
        Sign = (comparer ?? Comparer<int>.Default).Compare(id, 0);
    }

    public int Id { get; }

    public int Sign { get; init; }
}

[TunnelService] public partial interface IConfigured { Task<Configured> GetAsync(); }

// A constructor that refuses null, which the member allows.
public sealed class Located
{
    public Located()
    {
    }

    public Located(string place)
    {
        ArgumentException.ThrowIfNullOrEmpty(place);
        Place = place;
    }

    public int Id { get; set; }

    public string? Place { get; set; }
}

[TunnelService] public partial interface ILocated { Task<Located[]> ListAsync(); }

// A private constructor for another serializer beside the public one.
public sealed class Entity
{
    public Entity(int id, string name)
    {
        Id = id;
        Name = name;
    }

    private Entity()
    {
        Name = "";
    }

    public int Id { get; private set; }

    public string Name { get; private set; }

    public static Entity Empty() => new();
}

[TunnelService] public partial interface IEntities { Task<Entity> GetAsync(); }

// Internal types and constructors, of an internal contract.
internal sealed class Hidden
{
    internal Hidden(int a) => A = a;

    public int A { get; }
}

[TunnelService] internal partial interface IHidden { Task<Hidden> GetAsync(); }

// Nested types.
public static partial class Outer
{
    public sealed record Inner(int A, Inner.Deep? Next)
    {
        public sealed record Deep(string B);
    }

    [TunnelService] public partial interface INested { Task<Inner> GetAsync(); }
}

// Nothing to send.
public sealed class Empty
{
    public static readonly Empty Instance = new();
}

[TunnelService] public partial interface IEmpty { Task<Empty> GetAsync(); }

public static class Values
{
    public static Plain Plain => new() { A = 1, B = "b", C = [1, 2] };

    public static Fixed Fixed => new() { A = 1, B = "b", C = 3 };

    public static Constructed Constructed => new(1, "t", ["a", "b"]);

    public static Complete Complete => new(1, "n");

    public static Primary Primary => new(1, "b", 2.5);

    public static Shown Shown => new(1.5m, "EUR");

    public static Conventions Conventions => new() { A = 1, B = 2, C = 3, D = 4 };

    public static Checked Checked => new() { Age = 5, Time = TimeSpan.FromSeconds(3) };

    public static Observable Observable => new() { Name = "n" };

    public static Tracked Tracked => new() { Name = "n" };

    public static Computed Computed => new() { Net = 100, Rate = 0.2m };

    public static Cached Cached => new() { First = "Ada", Last = "Lovelace" };

    public static Locked Locked => new() { Count = 3 };

    public static Statics Statics => new() { Own = 3 };

    public static Explicit Explicit => new() { Number = 3 };

    public static Indexed Indexed => new() { Items = ["a", "b"] };

    public static Parts Parts => new() { A = 1, B = "b" };

    public static Fields Fields => new("c") { A = 1, B = 2 };

    public static Names Names => new() { @class = 1, Größe = 2, _ = 3, ToStringValue = 4, value = 5 };

    public static Renamed Renamed => new() { First = 1, Second = 2, Third = 3 };

    public static Gaps Gaps => new() { A = 1, B = "b", C = 3 };

    public static Configured Configured => new(7) { Sign = 5 };

    public static Located[] Located => [new() { Id = 1 }, new("here")];

    public static Entity Entity => new(1, "n");

    public static Outer.Inner Inner => new(1, new("b"));

    internal static Hidden Hidden => new(1);

    public static Empty Empty => Empty.Instance;
}

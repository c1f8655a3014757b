using System.Text.Json.Serialization;

namespace Corpus.Broken.State;

// A strongly typed id that keeps its value in a private field.
public readonly struct HiddenId
{
    private readonly Guid _v; // TRPC0212

    public HiddenId(Guid v) => _v = v;

    public override string ToString() => _v.ToString();
}

[TunnelService] public partial interface IHiddenIds { Task<HiddenId> GetAsync(); }

// A captured parameter of a primary constructor, which a method uses.
public readonly struct CapturedId(Guid value) // TRPC0212
{
    public override string ToString() => value.ToString();
}

[TunnelService] public partial interface ICapturedIds { Task<CapturedId> GetAsync(); }

// The same in a class that can be created without the parameter.
public sealed class Sequence(int start = 0) // TRPC0212
{
    public int Step { get; set; }

    public int Next() => start += Step;
}

[TunnelService] public partial interface ISequences { Task<Sequence> GetAsync(); }

// A captured parameter that changes after it has initialized a property.
public sealed class Ticket(int next) // TRPC0212
{
    public int Next { get; } = next;

    public int Take() => next++;
}

[TunnelService] public partial interface ITickets { Task<Ticket> GetAsync(); }

// A captured service.
public sealed class Priced(decimal net, Func<decimal, decimal>? round = null) // TRPC0212
{
    public decimal Net => net;

    public decimal Gross
    {
        get
        {
            return round is null ? net : round(net);
        }
    }
}

[TunnelService] public partial interface IPriced { Task<Priced> GetAsync(); }

// A constructor that does not get the captured parameter.
public sealed class Seeded(int seed) // TRPC0212
{
    public Seeded(int seed, string? name)
        : this(seed + 1) => Name = name;

    public int Seed { get; init; } = seed;

    public string? Name { get; init; }

    public int Roll() => seed * 7;
}

[TunnelService] public partial interface ISeeded { Task<Seeded> GetAsync(); }

// Private fields only.
public sealed class Opaque
{
    private int _a; // TRPC0212
    private string _b = ""; // TRPC0212

    public void Set(int a, string b) => (_a, _b) = (a, b);

    public override string ToString() => $"{_a}{_b}";
}

[TunnelService] public partial interface IOpaque { Task<Opaque> GetAsync(); }

// A field that only a setter uses: the record of changes.
public sealed class Dirty
{
    private readonly HashSet<string> _changes = []; // TRPC0212
    private string _name = "";

    public string Name
    {
        get => _name;
        set
        {
            _name = value;
            _changes.Add(nameof(Name));
        }
    }
}

[TunnelService] public partial interface IDirty { Task<Dirty> GetAsync(); }

// A field that an excluded property counts.
public sealed class Counted
{
    private readonly List<string> _lines = []; // TRPC0212

    public int Id { get; set; }

    [JsonIgnore]
    public int LineCount => _lines.Count;

    public void Add(string line) => _lines.Add(line);
}

[TunnelService] public partial interface ICounted { Task<Counted> GetAsync(); }

// A field with the name of a field of a base class.
public class HasValue
{
    private int _value; // TRPC0212

    public int Next() => ++_value;
}

public sealed class HasOtherValue : HasValue
{
    private int _value;

    public int Value { get => _value; set => _value = value; }
}

[TunnelService] public partial interface IHasOtherValue { Task<HasOtherValue> GetAsync(); }

// A field with the name of a member of another object.
public sealed class Renamed
{
    private int Length; // TRPC0212

    private string _text = "";

    public string Text { get => _text.Length == 0 ? "" : _text; set => _text = value; }

    public int Next() => ++Length;
}

[TunnelService] public partial interface IRenamed { Task<Renamed> GetAsync(); }

// An object that is no lock.
public sealed class NoLock
{
    private readonly object _items = new List<int>(); // TRPC0212

    public int A { get; set; }

    public void Add(int item) => ((List<int>)_items).Add(item);
}

[TunnelService] public partial interface INoLock { Task<NoLock> GetAsync(); }

// Get-only, private and protected setters.
public sealed class GetOnly
{
    public List<int> A { get; } = []; // TRPC0209

    public int B { get; private set; } // TRPC0209

    public int C { get; internal set; } // TRPC0209

    public int D { get; private init; } // TRPC0209

    public readonly int E = 5; // TRPC0209

    public void Set() => (B, C) = (1, 2);
}

[TunnelService] public partial interface IGetOnly { Task<GetOnly> GetAsync(); }

public class Protected
{
    public int A { get; protected set; } // TRPC0209

    public int B { get; protected internal set; } // TRPC0209
}

[TunnelService] public partial interface IProtected { Task<Protected> GetAsync(); }

// Members that are not public.
public class NotPublic
{
    internal int A { get; set; } // TRPC0212

    protected int B { get; set; } // TRPC0212

    protected internal int C; // TRPC0212

    private protected string? D { get; set; } // TRPC0212

    private int E { get; set; } // TRPC0212

    public int F { get; set; }

    public int Sum() => A + B + E;
}

[TunnelService] public partial interface INotPublic { Task<NotPublic> GetAsync(); }

// Internal members of an internal type, whose contract is internal.
internal sealed class InternalData
{
    internal int A { get; set; } // TRPC0212

    public int B { get; set; }
}

[TunnelService] internal partial interface IInternalData { Task PutAsync(InternalData data); }

// Marked, and not accessible.
public sealed class MarkedPrivate
{
    [TunnelMember(0)]
    private int _id; // TRPC0212

    public int Next() => ++_id;
}

[TunnelService] public partial interface IMarkedPrivate { Task<MarkedPrivate> GetAsync(); }

public sealed class MarkedInternal
{
    [TunnelMember("a")]
    internal int A { get; set; } // TRPC0212

    [JsonInclude]
    internal int B { get; set; } // TRPC0212
}

[TunnelService] public partial interface IMarkedInternal { Task<MarkedInternal> GetAsync(); }

// An explicit implementation of an interface with state.
public interface IHasId { int Id { get; set; } }

public sealed class ExplicitState : IHasId
{
    int IHasId.Id { get; set; } // TRPC0212
}

[TunnelService] public partial interface IExplicitState { Task<ExplicitState> GetAsync(); }

// A setter without a getter.
public sealed class WriteOnly
{
    private int _a; // TRPC0212

    public int A { set => _a = value; }

    public int Next() => ++_a;
}

[TunnelService] public partial interface IWriteOnly { Task<WriteOnly> GetAsync(); }

// An indexer only.
public sealed class Lookup
{
    private readonly Dictionary<string, int> _map = []; // TRPC0212

    public int this[string key] { get => _map[key]; set => _map[key] = value; }
}

[TunnelService] public partial interface ILookups { Task<Lookup> GetAsync(); }

// A lazily computed member and a cache.
public sealed class Cache
{
    private string? _full; // TRPC0212
    private readonly Lazy<int> _length = new(() => 5); // TRPC0212

    public string First { get; set; } = "";

    public string Full => _full ??= First + "!";

    public int Length => _length.Value;
}

[TunnelService] public partial interface ICaches { Task<Cache> GetAsync(); }

// Members of a type that is deep in the contract.
public sealed record Root(IReadOnlyList<Dictionary<string, Leaf?>> Leaves);

public sealed class Leaf
{
    public int A { get; } = 1; // TRPC0209
}

[TunnelService] public partial interface IDeep { IAsyncEnumerable<int> PutAsync(IAsyncEnumerable<Root> roots); }

// A delegate and a handle as state.
public sealed class Handles
{
    private readonly Action _done = () => { }; // TRPC0212
    private nint _handle; // TRPC0212

    public void Run() => _done();

    public nint Open() => ++_handle;
}

[TunnelService] public partial interface IHandles { Task<Handles> GetAsync(); }

// A record with a private field.
public sealed record Recorded(int A)
{
    private int _reads; // TRPC0212

    public int Read() => A + _reads++;
}

[TunnelService] public partial interface IRecorded { Task<Recorded> GetAsync(); }

// A record whose parameter is a private property.
public sealed record PrivateParameter(int A)
{
    private int A { get; } = A;

    public int Next() => A + 1;
}

[TunnelService] public partial interface IPrivateParameter { Task PutAsync(PrivateParameter value); } // TRPC0210

// Inline arrays and buffers of fixed size.
[System.Runtime.CompilerServices.InlineArray(4)]
public struct Four
{
    public int First;
}

[TunnelService] public partial interface IFour { Task PutAsync(Four four); } // TRPC0204

public unsafe struct Buffer
{
    public fixed byte Content[16]; // TRPC0204
}

[TunnelService] public partial interface IBuffers { Task PutAsync(Buffer buffer); }

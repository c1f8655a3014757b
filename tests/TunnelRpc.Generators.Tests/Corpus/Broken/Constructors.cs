using System.Diagnostics.CodeAnalysis;

namespace Corpus.Broken.Constructors;

// No constructor that generated code can call.
public sealed class Closed
{
    private Closed()
    {
    }

    public int A { get; set; }

    public static Closed Create() => new();
}

[TunnelService] public partial interface IClosed { Task PutAsync(Closed value); } // TRPC0204

public class ProtectedConstructor
{
    protected ProtectedConstructor()
    {
    }

    public int A { get; set; }
}

[TunnelService] public partial interface IProtectedConstructor { Task PutAsync(List<ProtectedConstructor> values); } // TRPC0204

// A parameter with another type than the member: the usual form of aggregates.
public sealed class Aggregate(IEnumerable<string> tags)
{
    public IReadOnlyList<string> Tags { get; } = [.. tags];
}

[TunnelService] public partial interface IAggregates { Task PutAsync(Aggregate value); } // TRPC0204

// A parameter without a member.
public sealed class Injected(int id, IComparer<int> comparer)
{
    public int Id { get; } = id;

    public int Compare(int other) => comparer.Compare(Id, other);
}

[TunnelService] public partial interface IInjected { Task PutAsync(Injected value); } // TRPC0204

// A parameter for a required member.
public sealed class Needed
{
    public Needed(int a) => A = a;

    public required int A { get; init; }
}

[TunnelService] public partial interface INeeded { Task PutAsync(Needed value); } // TRPC0204

// A parameter passed by reference.
public sealed class ByReference
{
    public ByReference(ref int a) => A = a;

    public int A { get; }
}

[TunnelService] public partial interface IByReference { Task PutAsync(ByReference value); } // TRPC0204

// Two parameters for one member.
public sealed class Twice
{
    public Twice(int A, int a) => this.A = A + a;

    public int A { get; }
}

[TunnelService] public partial interface ITwice { Task PutAsync(Twice value); } // TRPC0204

// Required members that are excluded or not public.
public sealed class RequiredIgnored
{
    [TunnelIgnore]
    public required int A { get; set; }
}

[TunnelService] public partial interface IRequiredIgnored { Task PutAsync(RequiredIgnored value); } // TRPC0210

internal sealed class RequiredInternal
{
    internal required int A { get; set; } // TRPC0212
}

[TunnelService] internal partial interface IRequiredInternal { Task PutAsync(RequiredInternal value); } // TRPC0210

public sealed record IgnoredParameter(int A, [property: TunnelIgnore] int B);

[TunnelService] public partial interface IIgnoredParameter { Task PutAsync(IgnoredParameter value); } // TRPC0210

// The constructor of a member of a member.
public sealed class Holder
{
    public Holding? Holding { get; set; } // TRPC0204
}

public sealed class Holding
{
    private Holding()
    {
    }

    public static Holding Create() => new();
}

[TunnelService] public partial interface IHolders { Task PutAsync(Holder value); }

// A constructor that sets required members and has another parameter.
public sealed class Almost
{
    [SetsRequiredMembers]
    public Almost(int id, string text) => Id = id + text.Length;

    public required int Id { get; init; }
}

[TunnelService] public partial interface IAlmost { Task PutAsync(Almost value); } // TRPC0204

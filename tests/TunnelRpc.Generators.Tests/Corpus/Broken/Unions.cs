using MessagePack;

namespace Corpus.Broken.Unions;

[TunnelUnion(0, typeof(string))]
public abstract class NotDerived;

[TunnelService] public partial interface INotDerived { Task PutAsync(NotDerived value); } // TRPC0208

[TunnelUnion(0, typeof(SameTagA))]
[TunnelUnion(0, typeof(SameTagB))]
public abstract record SameTag;

public sealed record SameTagA : SameTag;

public sealed record SameTagB : SameTag;

[TunnelService] public partial interface ISameTags { Task PutAsync(SameTag value); } // TRPC0208

[TunnelUnion(0, typeof(TwoTagsA))]
[TunnelUnion(1, typeof(TwoTagsA))]
public abstract record TwoTags;

public sealed record TwoTagsA : TwoTags;

[TunnelService] public partial interface ITwoTags { Task PutAsync(TwoTags value); } // TRPC0208

[TunnelUnion(0, typeof(AbstractCaseA))]
public abstract record AbstractCase;

public abstract record AbstractCaseA : AbstractCase;

[TunnelService] public partial interface IAbstractCases { Task PutAsync(AbstractCase value); } // TRPC0208

[TunnelUnion(0, typeof(GenericCaseA<>))]
public abstract record GenericCase;

public sealed record GenericCaseA<T>(T Value) : GenericCase;

[TunnelService] public partial interface IGenericCases { Task PutAsync(GenericCase value); } // TRPC0208

[TunnelUnion(0, typeof(Itself))]
public class Itself;

[TunnelService] public partial interface IItself { Task PutAsync(Itself value); } // TRPC0208

// Two libraries that disagree.
[TunnelUnion(0, typeof(DisagreeA))]
[Union(0, typeof(DisagreeB))]
public abstract record Disagree;

public sealed record DisagreeA : Disagree;

public sealed record DisagreeB : Disagree;

[TunnelService] public partial interface IDisagree { Task PutAsync(Disagree value); } // TRPC0208

// Cases with mistakes of their own.
[TunnelUnion(0, typeof(LosesA))]
[TunnelUnion(1, typeof(LosesB))]
public abstract class Loses
{
    public int Id { get; protected set; } // TRPC0209
}

public sealed class LosesA : Loses
{
    private int _a; // TRPC0212

    public int Next() => ++_a;
}

public sealed class LosesB : Loses
{
    public object? Any { get; set; } // TRPC0204
}

[TunnelService] public partial interface ILoses { Task<Loses> GetAsync(); }

// A union as a member, whose case is wrong.
public sealed record HoldsUnion(
    int A,
    Wrong Wrong); // TRPC0208

[TunnelUnion(0, typeof(int))]
public interface Wrong;

[TunnelService] public partial interface IHoldsUnions { Task PutAsync(HoldsUnion value); }

[TunnelUnion(0, typeof(FileCase))]
public interface IFileUnion;

file sealed record FileCase : IFileUnion;

[TunnelService] public partial interface IFileUnions { Task PutAsync(IFileUnion value); } // TRPC0204

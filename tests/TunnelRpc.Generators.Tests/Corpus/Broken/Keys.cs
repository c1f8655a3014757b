using System.Runtime.Serialization;
using MessagePack;

namespace Corpus.Broken.Keys;

public sealed class Twice
{
    [TunnelMember(1)]
    public int A { get; set; }

    [TunnelMember(1)]
    public int B { get; set; } // TRPC0205
}

[TunnelService] public partial interface ITwice { Task PutAsync(Twice value); }

public sealed class SameNames
{
    [TunnelMember("b")]
    public int A { get; set; }

    public int b { get; set; } // TRPC0205
}

[TunnelService] public partial interface ISameNames { Task PutAsync(SameNames value); }

public sealed class EmptyNames
{
    [TunnelMember("")]
    public int A { get; set; }

    [TunnelMember("")]
    public int B { get; set; } // TRPC0205
}

[TunnelService] public partial interface IEmptyNames { Task PutAsync(EmptyNames value); }

public class BaseKey
{
    [TunnelMember(0)]
    public int Id { get; set; }
}

public sealed class DerivedKey : BaseKey
{
    [TunnelMember(0)]
    public string? Name { get; set; } // TRPC0205
}

[TunnelService] public partial interface IDerivedKeys { Task PutAsync(DerivedKey value); }

public sealed class Negative
{
    [TunnelMember(-1)]
    public int A { get; set; } // TRPC0206
}

[TunnelService] public partial interface INegative { Task PutAsync(Negative value); }

public sealed class Large
{
    [TunnelMember(1024)]
    public int A { get; set; } // TRPC0206
}

[TunnelService] public partial interface ILarge { Task PutAsync(Large value); }

public sealed class NoUnicode
{
    [TunnelMember("a\ud800b")]
    public int A { get; set; } // TRPC0204
}

[TunnelService] public partial interface INoUnicode { Task PutAsync(NoUnicode value); }

public sealed class Mixed
{
    [TunnelMember(0)]
    public int A { get; set; }

    public int B { get; set; } // TRPC0207
}

[TunnelService] public partial interface IMixed { Task PutAsync(Mixed value); }

public sealed class MixedKinds
{
    [TunnelMember(0)]
    public int A { get; set; }

    [TunnelMember("b")]
    public int B { get; set; } // TRPC0207
}

[TunnelService] public partial interface IMixedKinds { Task PutAsync(MixedKinds value); }

[DataContract]
public sealed class MixedOrder
{
    [DataMember(Order = 1)]
    public int A { get; set; }

    [DataMember]
    public int B { get; set; } // TRPC0207
}

[TunnelService] public partial interface IMixedOrder { Task PutAsync(MixedOrder value); }

public record MixedBase([property: TunnelMember(0)] int A);

public sealed record MixedDerived(int A, string B) : MixedBase(A); // TRPC0207

[TunnelService] public partial interface IMixedDerived { Task PutAsync(MixedDerived value); }

// The package MessagePack.
[MessagePackObject]
public sealed class Unmarked
{
    [Key(0)]
    public int A { get; set; }

    public int B { get; set; } // TRPC0213

    public string? C; // TRPC0213

    internal int D { get; set; } // TRPC0212
}

[TunnelService] public partial interface IUnmarked { Task PutAsync(Unmarked value); }

[MessagePackObject]
public sealed class PrivateKey
{
    [Key(0)]
    private int _a; // TRPC0212

    public int Next() => ++_a;
}

[TunnelService] public partial interface IPrivateKeys { Task PutAsync(PrivateKey value); }

[MessagePackFormatter(typeof(string))] // TRPC0220
public sealed class WithFormatter
{
    public int A { get; set; }
}

[TunnelService] public partial interface IWithFormatter { Task PutAsync(WithFormatter value); }

public sealed class WithMemberFormatter
{
    [MessagePackFormatter(typeof(string))] // TRPC0220
    public int A { get; set; }
}

[TunnelService] public partial interface IWithMemberFormatter { Task PutAsync(WithMemberFormatter value); }

// Data contracts with private members, as WCF allows them.
[DataContract]
public sealed class PrivateMembers
{
    [DataMember]
    private int id = 1; // TRPC0212

    [DataMember]
    public string? Name { get; private set; } // TRPC0209

    public int Next() => ++id;

    public void Rename(string name) => Name = name;
}

[TunnelService] public partial interface IPrivateMembers { Task PutAsync(PrivateMembers value); }

[DataContract]
public sealed record OptIn([property: DataMember] int A, int B);

[TunnelService] public partial interface IOptIn { Task PutAsync(OptIn value); } // TRPC0210

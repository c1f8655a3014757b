using System.Runtime.Serialization;
using MessagePack;

namespace Corpus.MessagePackAttributes;

[MessagePackObject]
public sealed class Integers
{
    [Key(0)]
    public int A { get; set; }

    [Key(3)]
    public string? B { get; set; }

    [IgnoreMember]
    public int C { get; set; }

    [IgnoreMember]
    public int D => A;

    private static int E { get; set; }

    public static int Next() => ++E;
}

[TunnelService] public partial interface IIntegers { Task<Integers> GetAsync(); }

[MessagePackObject]
public sealed class Strings
{
    [Key("a")]
    public int A { get; set; }

    [Key("b")]
    public string? B;
}

[TunnelService] public partial interface IStrings { Task<Strings> GetAsync(); }

[MessagePackObject(keyAsPropertyName: true)]
public sealed class ByName
{
    public int A { get; set; }

    public string B { get; init; } = "";

    [IgnoreMember]
    public int C;
}

[TunnelService] public partial interface IByName { Task<ByName> GetAsync(); }

// A constructor, and one that is chosen.
[MessagePackObject]
public sealed class Immutable
{
    [SerializationConstructor]
    public Immutable(int a, string b)
    {
        A = a;
        B = b;
    }

    public Immutable(int a, string b, bool c)
        : this(a, b) => C = c;

    [Key(0)]
    public int A { get; }

    [Key(1)]
    public string B { get; }

    [Key(2)]
    public bool C { get; set; }
}

[TunnelService] public partial interface IImmutable { Task<Immutable> GetAsync(); }

[MessagePackObject]
public readonly struct Point
{
    [Key(0)]
    public readonly int X;

    [Key(1)]
    public readonly int Y;

    [SerializationConstructor]
    public Point(int x, int y)
    {
        X = x;
        Y = y;
    }
}

[TunnelService] public partial interface IPoints { Task<Point> GetAsync(); Task<Point[]> ListAsync(); }

[MessagePackObject]
public sealed record Record([property: Key(0)] int A, [property: Key(1)] Record? Next);

[TunnelService] public partial interface IRecords { Task<Record> GetAsync(); }

// Attributes of both libraries: a type in transition.
[Union(0, typeof(First))]
[Union(1, typeof(Second))]
[TunnelUnion(0, typeof(First))]
[TunnelUnion(1, typeof(Second))]
public abstract class Both
{
    [Key(0), TunnelMember(0)]
    public int Id { get; set; }
}

[MessagePackObject]
public sealed class First : Both
{
    [Key(1), TunnelMember(1)]
    public string Text { get; set; } = "";
}

[MessagePackObject]
public sealed class Second : Both
{
    [Key(7), TunnelMember(1)]
    public double Number { get; set; }
}

[TunnelService] public partial interface IBoth { Task<Both> GetAsync(); }

// Inherited keys.
[MessagePackObject]
public class Base
{
    [Key(0)]
    public int Id { get; set; }
}

[MessagePackObject]
public sealed class Derived : Base
{
    [Key(1)]
    public string? Name { get; set; }
}

[TunnelService] public partial interface IDerived { Task<Derived> GetAsync(); Task<Base> BaseAsync(); }

// A data contract, which the package serializes too.
[DataContract]
public sealed class Contract
{
    [DataMember(Order = 0)]
    public int A { get; set; }

    [DataMember(Order = 1)]
    public List<int> B { get; set; } = [];

    public int C { get; set; }
}

[TunnelService] public partial interface IContracts { Task<Contract> GetAsync(); }

[MessagePackObject]
public sealed class Generic<T>
{
    [Key(0)]
    public T? Value { get; set; }

    [Key(1)]
    public Dictionary<string, T> Map { get; set; } = [];
}

[TunnelService] public partial interface IGenerics { Task<Generic<int>> IntAsync(); Task<Generic<Point>> PointAsync(); }

public static class Values
{
    public static Integers Integers => new() { A = 1, B = "b", C = 3 };

    public static Strings Strings => new() { A = 1, B = "b" };

    public static ByName ByName => new() { A = 1, B = "b", C = 3 };

    public static Immutable Immutable => new(1, "b", true);

    public static Point Point => new(1, 2);

    public static Point[] Points => [new(3, 4)];

    public static Record Record => new(1, new(2, null));

    public static Both First => new First { Id = 1, Text = "t" };

    public static Both Second => new Second { Id = 2, Number = 2.5 };

    public static Derived Derived => new() { Id = 1, Name = "n" };

    public static Base Base => new() { Id = 1 };

    public static Contract Contract => new() { A = 1, B = [2], C = 3 };

    public static Generic<int> Generic => new() { Value = 1, Map = new() { ["a"] = 2 } };

    public static Generic<Point> GenericPoint => new() { Value = new(1, 2), Map = new() { ["a"] = new(3, 4) } };
}

using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using MessagePack;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Types of every kind that can be serialized. They are nested, so that they also test nested types.</summary>
public static class Shapes
{
    public enum Colour : byte
    {
        Red = 1,
        Blue = 200,
    }

    public record Position(int X, string Label = "none");

    public readonly record struct Pair(int Left, int Right);

    [SuppressMessage("Design", "CA1051", Justification = "The tests need public fields.")]
    public struct Fields
    {
        public int Number;
        public string? Text;
    }

    public class Plain
    {
        public string Name { get; set; } = "unnamed";

        public int? Count { get; set; }

        [TunnelIgnore]
        public int Secret { get; set; }

        public string Computed => Name + "!";
    }

    public sealed class Derived : Plain
    {
        public Colour Colour { get; set; } = Colour.Blue;
    }

    public sealed class Immutable(string name, int size)
    {
        public string Name { get; } = name;

        public int Size { get; } = size;
    }

    public sealed class InitOnly
    {
        public required string Name { get; init; }

        public string Note { get; init; } = "a note";

        public int Level { get; init; } = 7;
    }

    public sealed class Page<T>
    {
        public List<T> Items { get; set; } = [];

        public T? First { get; set; }
    }

    public sealed record Tree(string Name, List<Tree> Children);

    public sealed record Chicken(string Name, Egg? Laid);

    public sealed record Egg(int Weight, Chicken? Mother);

    [TunnelUnion(0, typeof(Animal))]
    [TunnelUnion(3, typeof(Dog))]
    [TunnelUnion(-1, typeof(Stone))]
    public interface IThing;

    public record Animal(string Name) : IThing;

    public sealed record Dog(string Name, bool Barks) : Animal(Name);

    public readonly record struct Stone(double Weight) : IThing;

    public sealed class Keyed
    {
        [TunnelMember(0)]
        public int First { get; set; }

        [TunnelMember(2)]
        public string Third { get; set; } = "third";
    }

    public sealed class Named
    {
        [TunnelMember("n")]
        public int Number { get; set; }
    }

    [MessagePackObject]
    public sealed class Packed
    {
        [Key(0)]
        public int A { get; set; }

        [Key(1)]
        public string? B { get; set; }

        [IgnoreMember]
        public int C { get; set; }
    }

    public sealed record Keywords(int @class, string @event);

    public sealed record Kept(string Name, [property: TunnelIgnore] int Row = 7, string @class = "c")
    {
        [TunnelIgnore]
        public int Ignored { get; init; } = 8;
    }

    public sealed class Logged(string name, List<string>? log = null, int size = 3)
    {
        [TunnelIgnore]
        private readonly List<string>? _log = log;

        public string Name { get; } = name;

        public int Size { get; } = size;

        public string Logs() => _log is null ? "nowhere" : "somewhere";
    }

    public sealed class Filled
    {
        [SetsRequiredMembers]
        public Filled(int number) => (Number, Secret) = (number, "filled");

        [TunnelIgnore]
        public required string Secret { get; init; }

        public required int Number { get; init; }
    }

    [TunnelUnion(0, typeof(Circle))]
    [TunnelUnion(1, typeof(Square))]
    [Union(0, typeof(Circle))]
    [Union(1, typeof(Square))]
    public abstract record Figure;

    public sealed record Circle(double Radius) : Figure;

    public sealed record Square(double Side) : Figure;

    public sealed class Numbers
    {
        public bool Bool { get; set; }

        public sbyte SByte { get; set; }

        public ushort UShort { get; set; }

        public long Long { get; set; }

        public ulong ULong { get; set; }

        public float Float { get; set; }

        public double Double { get; set; }

        public char Char { get; set; }

        public decimal Decimal { get; set; }

        public BigInteger Big { get; set; }

        public Int128 Wide { get; set; }

        public UInt128 UWide { get; set; }

        public Half Half { get; set; }
    }

    public sealed class Values
    {
        public DateTime When { get; set; }

        public DateTimeOffset Offset { get; set; }

        public DateOnly Day { get; set; }

        public TimeOnly Time { get; set; }

        public TimeSpan Span { get; set; }

        public Guid Id { get; set; }

        public Uri? Link { get; set; }

        public Version? Version { get; set; }

        public ReadOnlyMemory<byte> Bytes { get; set; }

        public byte[] Array { get; set; } = [];
    }

    public sealed class Collections
    {
        public int[] Array { get; set; } = [];

        public string?[][] Jagged { get; set; } = [];

        public IReadOnlyList<Pair> List { get; set; } = [];

        public HashSet<Guid> Set { get; set; } = [];

        public Dictionary<string, Position> Map { get; set; } = [];

        public IReadOnlyDictionary<int, int?> Interface { get; set; } = new Dictionary<int, int?>();

        public (int Number, string? Text) Tuple { get; set; }

        public Dictionary<string, int>? Absent { get; set; }
    }
}

using System.Runtime.Serialization;
using MessagePack;

namespace TunnelRpc.MessagePack.Tests;

public enum Color : byte
{
    Red,
    Green = 200,
}

/// <summary>A map by member names.</summary>
[MessagePackObject(keyAsPropertyName: true)]
public sealed record Person
{
    public int Id { get; set; }

    public string? Name { get; set; }

    public Color? Favourite { get; set; }

    public List<Person?> Friends { get; set; } = [];

    [IgnoreMember]
    public int Ignored { get; set; }
}

/// <summary>A map by other names.</summary>
[MessagePackObject]
public sealed record Named
{
    [Key("a")]
    public long First { get; set; }

    [Key("a name with more than 31 characters, so that its header has two bytes")]
    public double? Second { get; set; }
}

/// <summary>An array with indexes that are not used, some of them set by the constructor.</summary>
[MessagePackObject]
public sealed record Sparse([property: Key(0)] string Text, [property: Key(1)] int Number)
{
    [Key(5)]
    public Guid Id { get; init; }

    [Key(3)]
    public byte[]? Data { get; set; }
}

[MessagePackObject]
public readonly record struct Point([property: Key(0)] float X, [property: Key(1)] float Y);

[MessagePackObject]
public class Animal
{
    [Key(0)]
    public string Name { get; set; } = "";
}

/// <summary>A class with the members of its base.</summary>
[MessagePackObject]
public sealed class Dog : Animal
{
    [Key(1)]
    public Dictionary<string, Point> Places { get; set; } = [];
}

[Union(0, typeof(Circle))]
[Union(7, typeof(Square))]
public interface IFigure;

[MessagePackObject]
public sealed record Circle([property: Key(0)] double Radius) : IFigure;

[MessagePackObject(keyAsPropertyName: true)]
public sealed record Square(int Side, IFigure? Inner) : IFigure;

[MessagePackObject]
public sealed record Wrapped<T>([property: Key(0)] T? Value, [property: Key(1)] IReadOnlyList<T> Others);

/// <summary>The attributes of System.Runtime.Serialization.</summary>
[DataContract]
public sealed record Data
{
    [DataMember(Order = 1)]
    public DateTime Time { get; set; }

    [DataMember(Order = 0)]
    public decimal Amount { get; set; }

    public int NotMarked { get; set; }
}

/// <summary>The callbacks of the package.</summary>
[MessagePackObject]
public sealed record Counted : IMessagePackSerializationCallbackReceiver
{
    [Key(0)]
    public int Number { get; set; }

    [Key(1)]
    public string Text { get; set; } = "";

    public void OnBeforeSerialize() => Text = $"{Number}";

    public void OnAfterDeserialize() => Number++;
}

/// <summary>The callbacks of the package, implemented explicitly by a struct.</summary>
[MessagePackObject]
public record struct CountedStruct([property: Key(0)] int Number) : IMessagePackSerializationCallbackReceiver
{
    void IMessagePackSerializationCallbackReceiver.OnBeforeSerialize() => Number++;

    void IMessagePackSerializationCallbackReceiver.OnAfterDeserialize() => Number += 10;
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace Corpus.SystemTextJson;

// Names: those of JSON do not matter.
public sealed class Named
{
    [JsonPropertyName("id")]
    [JsonPropertyOrder(2)]
    public int Id { get; set; }

    [JsonPropertyName("display-name")]
    public string? DisplayName { get; set; }
}

[TunnelService] public partial interface INamed { Task<Named> GetAsync(); }

// A constructor chosen for JSON.
public sealed class Chosen
{
    public Chosen()
    {
        Text = "";
    }

    [JsonConstructor]
    public Chosen(int number, string text)
    {
        Number = number;
        Text = text;
    }

    public int Number { get; }

    public string Text { get; }
}

[TunnelService] public partial interface IChosen { Task<Chosen> GetAsync(); }

// Excluded always, and under conditions, which do not exclude.
public sealed class Conditions
{
    [JsonIgnore]
    public string? Always { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Always)]
    public int AlwaysToo { get; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? WhenNull { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int WhenDefault { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public bool Never { get; set; }
}

[TunnelService] public partial interface IConditions { Task<Conditions> GetAsync(); }

// Further data.
public sealed class Extensible
{
    public int Known { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

[TunnelService] public partial interface IExtensible { Task<Extensible> GetAsync(); }

// Converters and number handling say nothing about MessagePack.
[JsonConverter(typeof(JsonStringEnumConverter<Color>))]
public enum Color { Red, Green }

[JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
public sealed class Converted
{
    public Color Color { get; set; }

    [JsonNumberHandling(JsonNumberHandling.WriteAsString)]
    public long Big { get; set; }
}

[TunnelService] public partial interface IConverted { Task<Converted> GetAsync(); }

// Polymorphism for both serializers.
[JsonPolymorphic(TypeDiscriminatorPropertyName = "$kind")]
[JsonDerivedType(typeof(Cat), "cat")]
[JsonDerivedType(typeof(Dog), "dog")]
[TunnelUnion(0, typeof(Cat))]
[TunnelUnion(1, typeof(Dog))]
public abstract record Animal(string Name);

public sealed record Cat(string Name, int Lives) : Animal(Name);

public sealed record Dog(string Name, bool Barks) : Animal(Name);

[TunnelService] public partial interface IAnimals { Task<Animal> GetAsync(); Task<List<Animal>> ListAsync(); }

// Required members.
public sealed class Needed
{
    [JsonRequired]
    public int A { get; set; }

    public required string B { get; set; }

    [JsonInclude]
    public int C { get; init; }
}

[TunnelService] public partial interface INeeded { Task<Needed> GetAsync(); }

// Mutable collections that JSON can also populate, with init.
[JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
public sealed class Populated
{
    public List<int> Numbers { get; init; } = [1];

    public Dictionary<string, int> Map { get; init; } = new() { ["default"] = 1 };
}

[TunnelService] public partial interface IPopulated { Task<Populated> GetAsync(); }

// A struct with a constructor.
[method: JsonConstructor]
public readonly struct Pair(int first, string second)
{
    public int First { get; } = first;

    public string Second { get; } = second;
}

[TunnelService] public partial interface IPairs { Task<Pair> GetAsync(); }

public static class Values
{
    public static Named Named => new() { Id = 1, DisplayName = "d" };

    public static Chosen Chosen => new(1, "t");

    public static Conditions Conditions => new() { Always = "a", WhenNull = "b", WhenDefault = 3, Never = true };

    public static Extensible Extensible => new() { Known = 1, Unknown = new() { ["x"] = JsonDocument.Parse("[1]").RootElement } };

    public static Converted Converted => new() { Color = Color.Green, Big = 5 };

    public static Animal Cat => new Cat("Tom", 7);

    public static List<Animal> Animals => [new Dog("Rex", true)];

    public static Needed Needed => new() { A = 1, B = "b", C = 3 };

    public static Populated Populated => new() { Numbers = [2, 3], Map = new() { ["a"] = 2 } };

    public static Pair Pair => new(1, "s");
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace Corpus.Broken.SystemTextJson;

// Private setters that JSON is allowed to use.
public sealed class Included
{
    [JsonInclude]
    public int A { get; private set; } // TRPC0209

    [JsonInclude]
    private string? _b; // TRPC0212

    public void Set() => (A, _b) = (1, "b");

    public string? Read() => _b;
}

[TunnelService] public partial interface IIncluded { Task PutAsync(Included value); }

// A read-only collection that JSON populates.
[JsonObjectCreationHandling(JsonObjectCreationHandling.Populate)]
public sealed class Populated
{
    public List<int> Numbers { get; } = []; // TRPC0209
}

[TunnelService] public partial interface IPopulated { Task PutAsync(Populated value); }

// Polymorphism that this framework does not read.
[JsonDerivedType(typeof(Dog), "dog")]
public abstract class Animal
{
    public string Name { get; set; } = "";
}

public sealed class Dog : Animal;

[TunnelService] public partial interface IAnimals { Task PutAsync(Animal value); } // TRPC0204

// Types of the serializer itself.
[TunnelService] public partial interface IOptions { Task PutAsync(JsonSerializerOptions value); } // TRPC0204

// An excluded member that a constructor needs.
public sealed class Excluded(int a, string b)
{
    public int A { get; } = a;

    [JsonIgnore]
    public string B { get; } = b;
}

[TunnelService] public partial interface IExcluded { Task PutAsync(Excluded value); } // TRPC0210

// A condition does not exclude.
public sealed class Conditional
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? A { get; } // TRPC0209
}

[TunnelService] public partial interface IConditional { Task PutAsync(Conditional value); }

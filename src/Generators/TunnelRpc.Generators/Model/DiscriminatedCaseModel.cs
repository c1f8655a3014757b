namespace TunnelRpc.Generators.Model;

/// <summary>A case of a discriminated union of F#.</summary>
/// <param name="Tag">The tag, which the compiler of F# assigns in the order of the declarations.</param>
/// <param name="Type">The full name of the type that has the fields: the union itself, or a class nested in it.</param>
/// <param name="Creation">The full name of the method or property that creates a value.</param>
/// <param name="IsProperty">Whether <paramref name="Creation"/> is a property.</param>
/// <param name="Fields">The fields, in the order of the parameters of the method.</param>
internal sealed record DiscriminatedCaseModel(
    int Tag, string Type, string Creation, bool IsProperty, EquatableArray<DiscriminatedFieldModel> Fields);

/// <summary>A field of a case.</summary>
/// <param name="Name">The C# name of its property, escaped.</param>
/// <param name="DisplayName">The name for messages.</param>
/// <param name="Value">The field's value.</param>
internal sealed record DiscriminatedFieldModel(string Name, string DisplayName, ValueModel Value);

using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Locks;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// The types of FSharp.Core that have no members which a receiver could set: options and collections. Generated code names the types, so
/// that no package of this framework references FSharp.Core.
/// </summary>
internal static class FSharpTypes
{
    private const string Formatters = "Formatters::";
    private const string Modules = "global::Microsoft.FSharp.Collections.";

    /// <summary>Returns whether the type is an option, whose missing value is nil.</summary>
    public static bool IsOption(ITypeSymbol type) => NameOf(type) is "FSharpOption" or "FSharpValueOption";

    /// <summary>Returns whether the type is a list, set or map.</summary>
    public static bool IsCollection(ITypeSymbol type) => NameOf(type) is "FSharpList" or "FSharpSet" or "FSharpMap";

    /// <summary>Returns how an option is serialized.</summary>
    /// <param name="option">The option.</param>
    /// <param name="value">How its value is serialized.</param>
    public static ValueModel CreateOption(INamedTypeSymbol option, ValueModel value)
    {
        string name = Names.OfType(option);
        (string hasValue, string create) = option.IsReferenceType ? ("o is not null", "Some") : ("o.IsSome", "NewValueSome");
        string delegates = $"static o => {hasValue}, static o => o.Value, static v => {name}.{create}(v)";
        return new ValueModel(
            name,
            $"new {Formatters}OptionFormatter<{name}, {value.Type}>({delegates}, {value.Formatter})",
            null,
            true,
            false,
            WireType.ToNullable(value.Wire));
    }

    /// <summary>Returns how a collection is serialized, as a collection of the platform.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="arguments">How the values of its type arguments are serialized.</param>
    public static ValueModel CreateCollection(INamedTypeSymbol collection, params ValueModel[] arguments)
    {
        string name = Names.OfType(collection);
        string types = string.Join(", ", System.Array.ConvertAll(arguments, a => a.Type));
        string formatters = string.Join(", ", System.Array.ConvertAll(arguments, a => a.Formatter));
        (string platform, string formatter, string wire, string from) = NameOf(collection) switch
        {
            "FSharpList" => ("IReadOnlyCollection", "InterfaceReadOnlyCollectionFormatter", "List", $"{Modules}ListModule.OfSeq(v)"),
            "FSharpSet" => ("IReadOnlyCollection", "InterfaceReadOnlyCollectionFormatter", "HashSet", $"{Modules}SetModule.OfSeq(v)"),
            _ => (
                "IReadOnlyDictionary",
                "InterfaceReadOnlyDictionaryFormatter",
                "Dictionary",
                $"new {name}(global::System.Linq.Enumerable.Select(v, p => global::System.Tuple.Create(p.Key, p.Value)))"),
        };
        string surrogate = $"global::System.Collections.Generic.{platform}<{types}>";
        return new ValueModel(
            name,
            $"new {Formatters}SurrogateFormatter<{name}, {surrogate}>(static v => v, static v => {from}, "
                + $"new {Formatters}{formatter}<{types}>({formatters}))",
            null,
            true,
            false,
            WireTypes.OfConstructed(wire, arguments.Select(a => a.Wire)));
    }

    private static string? NameOf(ITypeSymbol type) =>
        type is INamedTypeSymbol { IsGenericType: true, ContainingType: null, ContainingNamespace: { } space } named
            && named.Name.StartsWith("FSharp", System.StringComparison.Ordinal)
            && space.ToDisplayString() is "Microsoft.FSharp.Core" or "Microsoft.FSharp.Collections"
            ? named.Name
            : null;
}

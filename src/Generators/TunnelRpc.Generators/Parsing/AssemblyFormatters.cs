using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// The formatters that attributes of the compilation's assembly and of the assemblies that it references name. One instance for each
/// compilation, since all contracts share it. Immutable.
/// </summary>
internal sealed class AssemblyFormatters
{
    private static readonly ConditionalWeakTable<Compilation, AssemblyFormatters> Cache = new();

    // By type, or by the definition of an open generic type.
    private readonly ILookup<ISymbol, FormatterAttribute> _own;
    private readonly ILookup<ISymbol, FormatterAttribute> _referenced;

    private AssemblyFormatters(Compilation compilation)
    {
        _own = ToLookup([compilation.Assembly]);

        // Only assemblies that reference the attribute can have it. Its own assembly has none.
        IEnumerable<IAssemblySymbol> referenced =
            compilation.GetTypesByMetadataName(AttributeNames.TunnelFormatter).FirstOrDefault()?.ContainingAssembly.Identity.Name
                is { } declaring
                ? compilation.SourceModule.ReferencedAssemblySymbols
                    .Where(a => a.Modules.Any(m => m.ReferencedAssemblies.Any(r => r.Name == declaring)))
                : [];
        _referenced = ToLookup(referenced);
    }

    /// <summary>Returns the formatters of a compilation.</summary>
    public static AssemblyFormatters Of(Compilation compilation) => Cache.GetValue(compilation, static c => new AssemblyFormatters(c));

    /// <summary>Returns the formatters that attributes of the compilation's assembly name for the type.</summary>
    public IReadOnlyList<FormatterAttribute> FindOwn(ITypeSymbol type) => Find(_own, type);

    /// <summary>Returns the formatters that attributes of referenced assemblies name for the type.</summary>
    public IReadOnlyList<FormatterAttribute> FindReferenced(ITypeSymbol type) => Find(_referenced, type);

    /// <summary>Finds the formatters of a type, those of the constructed type before those of its definition.</summary>
    private static List<FormatterAttribute> Find(ILookup<ISymbol, FormatterAttribute> formatters, ITypeSymbol type)
    {
        if (formatters.Count == 0)
        {
            return [];
        }

        IEnumerable<FormatterAttribute> exact = formatters[type];
        if (!exact.Any() && type is INamedTypeSymbol { IsGenericType: true } named)
        {
            exact = formatters[named.OriginalDefinition];
        }

        return exact.ToList();
    }

    private static ILookup<ISymbol, FormatterAttribute> ToLookup(IEnumerable<IAssemblySymbol> assemblies) => assemblies
        .SelectMany(FormatterAttribute.Of)
        .Where(a => a.Type is not null)
        .ToLookup(a => KeyOf(a.Type!), SymbolEqualityComparer.Default)!;

    private static ISymbol KeyOf(ITypeSymbol type) => type switch
    {
        INamedTypeSymbol { IsUnboundGenericType: true } unbound => unbound.OriginalDefinition,

        // An error where it is used: the attribute names another type than the values have.
        INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable => nullable.TypeArguments[0],
        _ => type,
    };
}

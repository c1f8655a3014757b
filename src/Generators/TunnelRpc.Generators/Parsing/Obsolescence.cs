using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// What is obsolete as an error can be used only by what is obsolete itself: no pragma helps. Generated classes that use such things are marked,
/// which only other generated code sees.
/// </summary>
internal static class Obsolescence
{
    private const string Attribute = "System.ObsoleteAttribute";

    public static bool IsMarked(ISymbol symbol) => AttributeNames.Find(symbol, Attribute) is not null;

    /// <summary>Whether the type, one around it or one inside it is obsolete.</summary>
    public static bool Concerns(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => Concerns(array.ElementType),
        INamedTypeSymbol named => IsMarked(named)
            || (named.ContainingType is { } container && Concerns(container))
            || named.TypeArguments.Any(Concerns),
        _ => false,
    };

    public static bool Concerns(IMethodSymbol method) => IsMarked(method) || Concerns(method.ReturnType) || method.Parameters.Any(p => Concerns(p.Type));
}

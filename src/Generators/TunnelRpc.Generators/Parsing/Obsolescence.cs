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

    public static bool IsObsolete(ISymbol symbol) => AttributeNames.Find(symbol, Attribute) is not null;

    /// <summary>Whether the type, one around it or one inside it is obsolete.</summary>
    public static bool InvolvesObsolete(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => InvolvesObsolete(array.ElementType),
        INamedTypeSymbol named => IsObsolete(named)
            || (named.ContainingType is { } container && InvolvesObsolete(container))
            || named.TypeArguments.Any(InvolvesObsolete),
        _ => false,
    };

    public static bool InvolvesObsolete(IMethodSymbol method) => IsObsolete(method) || InvolvesObsolete(method.ReturnType) || method.Parameters.Any(p => InvolvesObsolete(p.Type));
}

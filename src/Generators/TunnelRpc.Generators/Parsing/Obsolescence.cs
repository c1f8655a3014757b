using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// Finds obsolete and experimental symbols. Code can use a symbol whose [Obsolete] is an error only if the code is obsolete itself; a
/// pragma does not suppress the error. Generated classes that use such symbols are therefore marked as obsolete, which is visible only to
/// other generated code. A pragma suppresses the error of an experimental symbol.
/// </summary>
internal static class Obsolescence
{
    private static readonly string[] Attributes =
        ["System.ObsoleteAttribute", "System.Diagnostics.CodeAnalysis.ExperimentalAttribute"];

    /// <summary>Returns whether the symbol itself is obsolete or experimental.</summary>
    public static bool IsObsolete(ISymbol symbol) => AttributeNames.Has(symbol, Attributes);

    /// <summary>Returns whether the type, its assembly, a containing type, a type argument or the element type is.</summary>
    public static bool InvolvesObsolete(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => InvolvesObsolete(array.ElementType),
        INamedTypeSymbol named => IsObsolete(named)
            || (named.ContainingAssembly is { } assembly && !PlatformTypes.Contains(named) && IsObsolete(assembly))
            || (named.ContainingType is { } container && InvolvesObsolete(container))
            || named.TypeArguments.Any(InvolvesObsolete),
        _ => false,
    };

    /// <summary>Returns whether the method, its return type or a parameter type is.</summary>
    public static bool InvolvesObsolete(IMethodSymbol method) =>
        IsObsolete(method) || InvolvesObsolete(method.ReturnType) || method.Parameters.Any(p => InvolvesObsolete(p.Type));
}

using System;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Compares types with full names, without the cost of a display string.</summary>
internal static class SymbolNames
{
    /// <summary>Returns whether a type that is neither generic nor nested has this full name, as "System.Threading.Lock".</summary>
    public static bool HasName(this ITypeSymbol? type, string fullName)
    {
        if (type is not INamedTypeSymbol { Arity: 0, ContainingType: null } || !fullName.EndsWith(type.Name, StringComparison.Ordinal))
        {
            return false;
        }

        int end = fullName.Length - type.Name.Length;
        for (INamespaceSymbol? space = type.ContainingNamespace; space is { IsGlobalNamespace: false }; space = space.ContainingNamespace)
        {
            int start = end - 1 - space.Name.Length;
            if (start < 0
                || fullName[end - 1] != '.'
                || string.CompareOrdinal(fullName, start, space.Name, 0, space.Name.Length) != 0)
            {
                return false;
            }

            end = start;
        }

        return end == 0;
    }
}

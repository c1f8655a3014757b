using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Which constructor makes a received object: the one that takes most members, and nothing else that has no default.</summary>
internal static class ConstructorChoice
{
    public static IMethodSymbol? Choose(INamedTypeSymbol type, TypeMembers members, Func<ISymbol, bool> isVisible) => type.InstanceConstructors
        .Where(c => isVisible(c))
        .Where(c => c.Parameters.All(p => p.RefKind is RefKind.None or RefKind.In && (p.HasExplicitDefaultValue || MemberOf(p, c, members) is not null)))
        .OrderByDescending(c => c.Parameters.Count(p => MemberOf(p, c, members) is not null))
        .ThenBy(c => c.Parameters.Length)
        .FirstOrDefault();

    /// <summary>The member that the constructor's parameter sets; null for one that is left to its default.</summary>
    public static ISymbol? MemberOf(IParameterSymbol parameter, IMethodSymbol constructor, TypeMembers members) =>
        members.Serialized.FirstOrDefault(m => TypeMembers.Matches(parameter, m) && (!TypeMembers.IsRequired(m) || SetsRequired(constructor)));

    /// <summary>The members that do not travel and would have to, for the type to have a constructor.</summary>
    public static IReadOnlyList<ISymbol> FindMissingMembers(INamedTypeSymbol type, TypeMembers members, Func<ISymbol, bool> isVisible)
    {
        foreach (IMethodSymbol constructor in type.InstanceConstructors.Where(c => isVisible(c)).OrderByDescending(c => c.Parameters.Length))
        {
            List<ISymbol?> missing = constructor.Parameters
                .Where(p => !p.HasExplicitDefaultValue && MemberOf(p, constructor, members) is null)
                .Select(p => (ISymbol?)members.NotSerialized.FirstOrDefault(m => TypeMembers.Matches(p, m)))
                .ToList();
            if (missing.Count > 0 && !missing.Contains(null))
            {
                return missing!;
            }
        }

        return Array.Empty<ISymbol>();
    }

    public static bool SetsRequired(IMethodSymbol constructor) => AttributeNames.Has(constructor, AttributeNames.SetsRequiredMembers);
}

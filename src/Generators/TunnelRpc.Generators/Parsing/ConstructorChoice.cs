using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// Chooses the constructor that creates a received object: the one that sets the most members and whose other parameters all have defaults.
/// </summary>
internal static class ConstructorChoice
{
    /// <summary>Returns the constructor; null if there is no suitable one.</summary>
    public static IMethodSymbol? Choose(INamedTypeSymbol type, TypeMembers members, Func<ISymbol, bool> isVisible)
    {
        // The package MessagePack lets a type choose.
        IMethodSymbol? chosen = type.InstanceConstructors
            .FirstOrDefault(c => AttributeNames.Has(c, AttributeNames.SerializationConstructor));
        return (chosen is null ? type.InstanceConstructors : [chosen])
            .Where(c => isVisible(c) && c.Parameters.All(p => IsSupported(p, c)))
            .OrderByDescending(c => c.Parameters.Count(p => MemberOf(p, c, members) is not null))
            .ThenBy(c => c.Parameters.Length)
            .FirstOrDefault();

        bool IsSupported(IParameterSymbol parameter, IMethodSymbol constructor) =>
            parameter.RefKind is RefKind.None or RefKind.In
            && (parameter.HasExplicitDefaultValue || MemberOf(parameter, constructor, members) is not null);
    }

    /// <summary>Returns the member that the constructor parameter sets; null if the parameter keeps its default.</summary>
    public static ISymbol? MemberOf(IParameterSymbol parameter, IMethodSymbol constructor, TypeMembers members) =>
        members.Serialized.FirstOrDefault(m =>
            TypeMembers.Matches(parameter, m) && (!TypeMembers.IsRequired(m) || SetsRequired(constructor)));

    /// <summary>
    /// For a type without a suitable constructor, returns the members that would have to be serialized to make a constructor suitable.
    /// </summary>
    public static IReadOnlyList<ISymbol> FindMissingMembers(INamedTypeSymbol type, TypeMembers members, Func<ISymbol, bool> isVisible)
    {
        IEnumerable<IMethodSymbol> constructors = type.InstanceConstructors
            .Where(c => isVisible(c))
            .OrderByDescending(c => c.Parameters.Length);
        foreach (IMethodSymbol constructor in constructors)
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

    /// <summary>Returns whether the constructor sets all required members ([SetsRequiredMembers]).</summary>
    public static bool SetsRequired(IMethodSymbol constructor) => AttributeNames.Has(constructor, AttributeNames.SetsRequiredMembers);
}

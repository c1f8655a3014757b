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
        return FindCandidates(type, isVisible)
            .Where(c => c.Parameters.All(p => IsSupported(p, c)))
            .OrderByDescending(c => c.Parameters.Count(p => MemberOf(p, c, members) is { } member && !MayFail(p, member)))
            .ThenBy(c => c.Parameters.Count(p => MemberOf(p, c, members) is { } member && MayFail(p, member)))
            .ThenBy(c => c.Parameters.Length)
            .FirstOrDefault();

        bool IsSupported(IParameterSymbol parameter, IMethodSymbol constructor) =>
            parameter.RefKind is RefKind.None or RefKind.In
            && (parameter.HasExplicitDefaultValue || MemberOf(parameter, constructor, members) is not null);
    }

    /// <summary>
    /// Whether the constructor may fail for a value that the member may have: null. The setter of the member is better then.
    /// </summary>
    private static bool MayFail(IParameterSymbol parameter, ISymbol member) =>
        TypeMembers.IsSettable(member)
        && TypeMembers.TypeOf(member) is { IsReferenceType: true, NullableAnnotation: NullableAnnotation.Annotated }
        && parameter.Type.NullableAnnotation == NullableAnnotation.NotAnnotated;

    /// <summary>
    /// Returns the member that the constructor parameter sets; null if the parameter keeps its default. Where names differ only in case,
    /// the same name takes precedence, and each member has at most one parameter.
    /// </summary>
    public static ISymbol? MemberOf(IParameterSymbol parameter, IMethodSymbol constructor, TypeMembers members)
    {
        ISymbol? nearest = null;
        foreach (ISymbol member in members.Serialized)
        {
            if (!TypeMembers.Matches(parameter, member) || (TypeMembers.IsRequired(member) && !SetsRequired(constructor)))
            {
                continue;
            }

            if (member.Name == parameter.Name)
            {
                return member;
            }

            nearest ??= constructor.Parameters.Any(p => IsBetter(p, member)) ? null : member;
        }

        return nearest;

        bool IsBetter(IParameterSymbol other, ISymbol member) =>
            other.Ordinal != parameter.Ordinal
            && (other.Name == member.Name || other.Ordinal < parameter.Ordinal)
            && TypeMembers.Matches(other, member);
    }

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

    /// <summary>For a type without a suitable constructor, returns the reason why the one that comes closest is not suitable.</summary>
    public static string GetProblem(INamedTypeSymbol type, TypeMembers members, Func<ISymbol, bool> isVisible)
    {
        (IMethodSymbol? constructor, List<string> problems) = FindCandidates(type, isVisible)
            .Select(c => (Method: c, Problems: c.Parameters.Select(p => GetProblem(p, c, members)).OfType<string>().ToList()))
            .OrderBy(c => c.Problems.Count)
            .ThenBy(c => c.Method.Parameters.Length)
            .FirstOrDefault();
        return constructor is null
            ? $"{type.ToDisplayString()} has no accessible constructor, so the receiver cannot create it; add a public one"
            : $"its constructor {constructor.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat)} cannot be called by the "
                + $"receiver: {string.Join("; ", problems)}";
    }

    /// <summary>Returns the accessible constructors; only that with [SerializationConstructor] if there is one.</summary>
    private static IEnumerable<IMethodSymbol> FindCandidates(INamedTypeSymbol type, Func<ISymbol, bool> isVisible)
    {
        // The package MessagePack lets a type choose.
        IMethodSymbol? chosen = type.InstanceConstructors
            .FirstOrDefault(c => AttributeNames.Has(c, AttributeNames.SerializationConstructor));
        return (chosen is null ? type.InstanceConstructors : [chosen]).Where(c => isVisible(c));
    }

    /// <summary>Returns the reason why the receiver has no value for a constructor parameter; null if it has one.</summary>
    private static string? GetProblem(IParameterSymbol parameter, IMethodSymbol constructor, TypeMembers members)
    {
        if (parameter.RefKind is not (RefKind.None or RefKind.In))
        {
            return $"the parameter '{parameter.Name}' is ref or out; give it by value or as in";
        }

        if (parameter.HasExplicitDefaultValue || MemberOf(parameter, constructor, members) is not null)
        {
            return null;
        }

        ISymbol? same = members.Serialized
            .FirstOrDefault(m => string.Equals(m.Name, parameter.Name, StringComparison.OrdinalIgnoreCase));
        string type = parameter.Type.ToDisplayString();
        return same is null
            ? $"the parameter '{parameter.Name}' has no default, and no public member has its name and its type '{type}'; add one, "
                + "or give the parameter a default"
            : !TypeMembers.Matches(parameter, same)
                ? $"the parameter '{parameter.Name}' has no default and the type '{type}', but the member '{same.Name}' has the type "
                    + $"'{TypeMembers.TypeOf(same).ToDisplayString()}'; use the same type"
            : TypeMembers.IsRequired(same)
                ? $"the parameter '{parameter.Name}' sets the required member '{same.Name}'; add [SetsRequiredMembers] to the constructor"
                : $"another parameter sets the member '{same.Name}'; remove the parameter '{parameter.Name}', or give it a default";
    }

    /// <summary>Returns whether the constructor sets all required members ([SetsRequiredMembers]).</summary>
    public static bool SetsRequired(IMethodSymbol constructor) => AttributeNames.Has(constructor, AttributeNames.SetsRequiredMembers);
}

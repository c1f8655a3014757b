using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Finds the cases of a union.</summary>
internal sealed class UnionParser(TypeParser types, DiagnosticReporter diagnostics)
{
    /// <summary>
    /// Returns the cases, derived types before their base types. Reports the errors and returns null if the union is invalid.
    /// </summary>
    public EquatableArray<UnionCaseModel>? Parse(INamedTypeSymbol type, TypePath path, out bool usesObsolete)
    {
        usesObsolete = Obsolescence.InvolvesObsolete(type);
        var cases = new List<UnionCaseModel>();
        var tags = new Dictionary<int, INamedTypeSymbol>();
        bool failed = false;
        foreach ((int tag, INamedTypeSymbol caseType) in ListedCases(type))
        {
            int? other = tags
                .Where(t => SymbolEqualityComparer.Default.Equals(t.Value, caseType))
                .Select(t => (int?)t.Key)
                .FirstOrDefault();
            if (other == tag && IsListedByBoth(type, tag, caseType))
            {
                continue;
            }

            string? problem =
                tags.TryGetValue(tag, out INamedTypeSymbol? owner)
                    ? $"the tag {tag} is already used by {owner.ToDisplayString()}; give each case a tag of its own"
                : other is not null ? $"it already has the tag {other}; keep one of them"
                : caseType.IsUnboundGenericType ? "it has no type arguments; write them"
                : !DerivesFrom(caseType, type) ? "it does not derive from the type of the union; derive it, or remove the attribute"
                : caseType.IsAbstract ? "it is abstract; declare the classes that derive from it as cases"
                : null;
            if (problem is not null)
            {
                diagnostics.Report(
                    Rules.InvalidUnionCase, path.MemberOrSymbol, type.ToDisplayString(), caseType.ToDisplayString(), problem);
                failed = true;
                continue;
            }

            tags.Add(tag, caseType);
            usesObsolete |= Obsolescence.InvolvesObsolete(caseType);
            if (types.Parse(caseType.WithNullableAnnotation(NullableAnnotation.NotAnnotated), path.Append(caseType.Name)) is { } value)
            {
                cases.Add(new UnionCaseModel(tag, Names.OfType(caseType), InheritanceDepthOf(caseType), value));
            }
            else
            {
                failed = true;
            }
        }

        return failed ? null : new EquatableArray<UnionCaseModel>(cases.OrderByDescending(c => c.InheritanceDepth).ThenBy(c => c.Tag));
    }

    private static IEnumerable<(int Tag, INamedTypeSymbol Case)> ListedCases(INamedTypeSymbol type) =>
        ListedBy(type, AttributeNames.TunnelUnion).Concat(ListedBy(type, AttributeNames.MessagePackUnion));

    /// <summary>Returns the cases that the attributes of one kind declare.</summary>
    public static IEnumerable<(int Tag, INamedTypeSymbol Case)> ListedBy(INamedTypeSymbol type, string attributeName)
    {
        foreach (AttributeData attribute in type.GetAttributes().Where(a => a.AttributeClass.HasName(attributeName)))
        {
            if (attribute.ConstructorArguments.Length == 2
                && attribute.ConstructorArguments[0].Value is int tag
                && attribute.ConstructorArguments[1].Value is INamedTypeSymbol caseType)
            {
                yield return (tag, caseType);
            }
        }
    }

    /// <summary>
    /// Returns whether both [TunnelUnion] and the [Union] of the MessagePack package declare the case with this tag. A type that supports
    /// both serializers declares each case twice, which counts as one case.
    /// </summary>
    private static bool IsListedByBoth(INamedTypeSymbol type, int tag, INamedTypeSymbol caseType) =>
        new[] { AttributeNames.TunnelUnion, AttributeNames.MessagePackUnion }.All(name =>
            ListedBy(type, name).Count(c => c.Tag == tag && SymbolEqualityComparer.Default.Equals(c.Case, caseType)) == 1);

    private static int InheritanceDepthOf(INamedTypeSymbol type)
    {
        int depth = 0;
        for (INamedTypeSymbol? t = type.BaseType; t is not null; t = t.BaseType)
        {
            depth++;
        }

        return depth;
    }

    private static bool DerivesFrom(INamedTypeSymbol type, INamedTypeSymbol ancestor)
    {
        if (type.AllInterfaces.Contains(ancestor, SymbolEqualityComparer.Default))
        {
            return true;
        }

        for (INamedTypeSymbol? t = type.BaseType; t is not null; t = t.BaseType)
        {
            if (SymbolEqualityComparer.Default.Equals(t, ancestor))
            {
                return true;
            }
        }

        return false;
    }
}

using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0090-getters-carry-fields.md
/// <summary>
/// Finds which fields and parameters of primary constructors the getters of properties in source use. It compares names, since a semantic
/// model would be slow.
/// </summary>
internal sealed class AccessorCode
{
    private readonly Dictionary<ISymbol, HashSet<string>> _words = new(SymbolEqualityComparer.Default);

    /// <summary>
    /// Returns whether the getter of the property, or that of a property which it overrides, uses the field. A field that only the setter
    /// uses is not the value of the property: it records changes, for example.
    /// </summary>
    public bool Reads(IPropertySymbol property, IFieldSymbol field) =>
        SelfAndOverridden(property).Any(p => WordsOf(p).Contains(field.Name) && Sees(p.ContainingType, field));

    /// <summary>Returns whether the getter of the property uses the parameter of the primary constructor of its type.</summary>
    public bool Reads(IPropertySymbol property, IParameterSymbol parameter) =>
        SymbolEqualityComparer.Default.Equals(property.ContainingType, parameter.ContainingType)
        && WordsOf(property).Contains(parameter.Name);

    /// <summary>
    /// Returns whether the value of the property is that of the field or parameter, and not computed from it: <c>=> _name</c>,
    /// <c>=> _name ??= …</c>.
    /// </summary>
    public static bool Returns(IPropertySymbol property, string name) =>
        Getters(property).Select(ReturnedBy).Any(returned => returned is not null && NameOf(returned) == name);

    /// <summary>
    /// Returns the names of the members of a field that the getters of properties use, as in <c>=> _state.Name</c>; null if one uses the
    /// field as a whole, or calls a method of it, which may return all of it.
    /// </summary>
    public static HashSet<string>? FindReturnedMembers(IEnumerable<IPropertySymbol> properties, string field)
    {
        var members = new HashSet<string>();
        foreach (SimpleNameSyntax name in properties
            .SelectMany(SelfAndOverridden)
            .SelectMany(Getters)
            .SelectMany(code => code.DescendantNodesAndSelf().OfType<SimpleNameSyntax>())
            .Where(n => n.Identifier.ValueText == field && !IsMemberOfAnother(n)))
        {
            if (MemberUsedOf(name) is not { } member)
            {
                return null;
            }

            members.Add(member);
        }

        return members.Count == 0 ? null : members;
    }

    /// <summary>The name of the member of a field that an expression uses, and does not call; null for any other expression.</summary>
    private static string? MemberUsedOf(SimpleNameSyntax field)
    {
        ExpressionSyntax use = field.Parent is MemberAccessExpressionSyntax own && own.Name == field ? own : field;
        while (use.Parent is PostfixUnaryExpressionSyntax or ParenthesizedExpressionSyntax)
        {
            use = (ExpressionSyntax)use.Parent;
        }

        return use.Parent switch
        {
            MemberAccessExpressionSyntax { Parent: not InvocationExpressionSyntax } access when access.Expression == use =>
                access.Name.Identifier.ValueText,
            ConditionalAccessExpressionSyntax { WhenNotNull: MemberBindingExpressionSyntax binding } => binding.Name.Identifier.ValueText,
            _ => null,
        };
    }

    private HashSet<string> WordsOf(IPropertySymbol property)
    {
        if (!_words.TryGetValue(property, out HashSet<string>? words))
        {
            words =
            [
                .. Getters(property)
                    .SelectMany(code => code.DescendantNodesAndSelf().OfType<SimpleNameSyntax>())
                    .Where(n => !IsMemberOfAnother(n))
                    .Select(n => n.Identifier.ValueText),
            ];
            _words.Add(property, words);
        }

        return words;
    }

    private static IEnumerable<IPropertySymbol> SelfAndOverridden(IPropertySymbol property)
    {
        for (IPropertySymbol? p = property; p is not null; p = p.OverriddenProperty)
        {
            yield return p;
        }
    }

    /// <summary>The code of the getter; nothing for an automatic property.</summary>
    private static IEnumerable<SyntaxNode> Getters(IPropertySymbol property) =>
        (property.PartialImplementationPart ?? property).DeclaringSyntaxReferences
            .Select(r => r.GetSyntax())
            .OfType<PropertyDeclarationSyntax>()
            .SelectMany(p => p.AccessorList?.Accessors
                .Where(a => a.IsKind(SyntaxKind.GetAccessorDeclaration))
                .Select(a => (SyntaxNode?)a.ExpressionBody ?? a.Body) ?? [p.ExpressionBody])
            .Where(code => code is not null)!;

    private static ExpressionSyntax? ReturnedBy(SyntaxNode getter) => getter switch
    {
        ArrowExpressionClauseSyntax arrow => arrow.Expression,
        BlockSyntax { Statements: { Count: 1 } statements } => (statements[0] as ReturnStatementSyntax)?.Expression,
        _ => null,
    };

    private static string? NameOf(ExpressionSyntax expression) => expression switch
    {
        IdentifierNameSyntax name => name.Identifier.ValueText,
        MemberAccessExpressionSyntax { Expression: ThisExpressionSyntax } access => access.Name.Identifier.ValueText,
        ParenthesizedExpressionSyntax inner => NameOf(inner.Expression),
        PostfixUnaryExpressionSyntax suppressed => NameOf(suppressed.Operand),
        AssignmentExpressionSyntax assignment when assignment.IsKind(SyntaxKind.CoalesceAssignmentExpression) => NameOf(assignment.Left),
        BinaryExpressionSyntax binary when binary.IsKind(SyntaxKind.CoalesceExpression) => NameOf(binary.Left),
        _ => null,
    };

    /// <summary>Whether the name is that of a member of another object: Value in <c>_inner.Value</c>.</summary>
    private static bool IsMemberOfAnother(SimpleNameSyntax name) => name.Parent switch
    {
        MemberAccessExpressionSyntax access =>
            access.Name == name && access.Expression is not (ThisExpressionSyntax or BaseExpressionSyntax),
        MemberBindingExpressionSyntax => true,
        _ => false,
    };

    /// <summary>Whether the name of the field means this field in the code of a type, and not one that hides it.</summary>
    private static bool Sees(INamedTypeSymbol type, IFieldSymbol field)
    {
        foreach (INamedTypeSymbol t in TypeMembers.SelfAndBases(type))
        {
            bool isOwn = SymbolEqualityComparer.Default.Equals(t, type);
            if (t.GetMembers(field.Name).FirstOrDefault(m => isOwn || m.DeclaredAccessibility != Accessibility.Private) is { } found)
            {
                return SymbolEqualityComparer.Default.Equals(found, field);
            }
        }

        return false;
    }
}

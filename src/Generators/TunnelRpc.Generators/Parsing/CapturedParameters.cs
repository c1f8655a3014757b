using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// The parameters of a primary constructor that the code of a class or struct uses after the construction. The compiler stores them in
/// fields, and has no symbols for these.
/// </summary>
internal static class CapturedParameters
{
    /// <summary>Returns the captured parameters of a type with source.</summary>
    public static IEnumerable<IParameterSymbol> Of(INamedTypeSymbol type)
    {
        List<TypeDeclarationSyntax> parts = PartsOf(type);

        // The parameters of a record are properties.
        if (parts.FirstOrDefault(p => p.ParameterList is { Parameters.Count: > 0 } && p is not RecordDeclarationSyntax) is not { } primary)
        {
            return [];
        }

        IMethodSymbol? constructor = type.InstanceConstructors
            .FirstOrDefault(c => c.DeclaringSyntaxReferences.Any(r => r.GetSyntax() == primary));
        return constructor is null
            ? []
            : constructor.Parameters.Where(p =>
                !IsHidden(type, p.Name)
                && parts.SelectMany(part => part.Members).SelectMany(CodeOf).Any(code => Uses(code, p.Name)));
    }

    /// <summary>Returns whether the code changes the captured parameter.</summary>
    public static bool IsChanged(IParameterSymbol parameter) => PartsOf(parameter.ContainingType)
        .SelectMany(part => part.Members)
        .SelectMany(CodeOf)
        .Where(code => Uses(code, parameter.Name))
        .SelectMany(code => code.DescendantNodes().OfType<IdentifierNameSyntax>())
        .Any(name => name.Identifier.ValueText == parameter.Name && IsChange(name));

    private static List<TypeDeclarationSyntax> PartsOf(INamedTypeSymbol type) =>
        [.. type.DeclaringSyntaxReferences.Select(r => r.GetSyntax()).OfType<TypeDeclarationSyntax>()];

    private static bool IsChange(IdentifierNameSyntax name) => name.Parent switch
    {
        AssignmentExpressionSyntax assignment => assignment.Left == name,
        PrefixUnaryExpressionSyntax unary =>
            unary.IsKind(SyntaxKind.PreIncrementExpression) || unary.IsKind(SyntaxKind.PreDecrementExpression),
        PostfixUnaryExpressionSyntax unary => !unary.IsKind(SyntaxKind.SuppressNullableWarningExpression),
        ArgumentSyntax { Parent: TupleExpressionSyntax { Parent: AssignmentExpressionSyntax assignment } tuple } =>
            assignment.Left == tuple,
        ArgumentSyntax argument =>
            argument.RefKindKeyword.IsKind(SyntaxKind.RefKeyword) || argument.RefKindKeyword.IsKind(SyntaxKind.OutKeyword),
        _ => false,
    };

    /// <summary>Whether the name means a member of the type, and not the parameter.</summary>
    private static bool IsHidden(INamedTypeSymbol type, string name) => TypeMembers.SelfAndBases(type).Any(t =>
        t.GetMembers(name).Any(m =>
            SymbolEqualityComparer.Default.Equals(t, type) || m.DeclaredAccessibility != Accessibility.Private));

    /// <summary>The code that runs after the construction. Initializers run during it.</summary>
    private static IEnumerable<SyntaxNode> CodeOf(MemberDeclarationSyntax member) => member switch
    {
        PropertyDeclarationSyntax property => new SyntaxNode?[] { property.ExpressionBody, property.AccessorList }.OfType<SyntaxNode>(),
        BaseFieldDeclarationSyntax or BaseTypeDeclarationSyntax or ConstructorDeclarationSyntax or DelegateDeclarationSyntax => [],
        _ => [member],
    };

    private static bool Uses(SyntaxNode code, string name)
    {
        List<SyntaxToken> tokens = code.DescendantTokens()
            .Where(t => t.IsKind(SyntaxKind.IdentifierToken) && t.ValueText == name)
            .ToList();
        return tokens.Any(t => t.Parent is IdentifierNameSyntax use && IsVariable(use) && !(name == "value" && IsInSetter(use)))
            && !tokens.Any(t => t.Parent is ParameterSyntax or VariableDeclaratorSyntax or SingleVariableDesignationSyntax
                or ForEachStatementSyntax or CatchDeclarationSyntax);
    }

    private static bool IsVariable(IdentifierNameSyntax name) => name.Parent switch
    {
        MemberAccessExpressionSyntax access => access.Expression == name,
        MemberBindingExpressionSyntax or NameColonSyntax or NameEqualsSyntax or QualifiedNameSyntax or TypeArgumentListSyntax => false,
        ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax call } when call.Expression.ToString() == "nameof" => false,
        _ => true,
    };

    /// <summary>Whether the code is that of an accessor with a parameter named value.</summary>
    private static bool IsInSetter(SyntaxNode code) => code.Ancestors()
        .Any(a => a is AccessorDeclarationSyntax accessor && !accessor.IsKind(SyntaxKind.GetAccessorDeclaration));
}

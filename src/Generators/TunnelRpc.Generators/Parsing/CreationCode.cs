using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0082-paths-in-codec-errors.md
/// <summary>
/// Decides whether the creation of an object runs code of the application that may throw. Only then the formatter catches exceptions, to
/// name the type and the place in the data.
/// </summary>
internal static class CreationCode
{
    /// <summary>
    /// Returns whether a constructor, an initializer or an accessor of the type or of its base classes may throw. True for types without
    /// source, whose code is not known.
    /// </summary>
    public static bool MayThrow(INamedTypeSymbol type, IMethodSymbol constructor) =>
        TypeMembers.SelfAndBases(type).Any(t => t.DeclaringSyntaxReferences.IsEmpty)
        || MayThrow(constructor)
        || TypeMembers.SelfAndBases(type).Skip(1).Any(t => t.InstanceConstructors.Any(MayThrow))
        || TypeMembers.SelfAndBases(type)
            .SelectMany(t => t.DeclaringSyntaxReferences)
            .Select(r => r.GetSyntax())
            .OfType<TypeDeclarationSyntax>()
            .SelectMany(t => t.Members)
            .Any(MayThrow);

    /// <summary>A constructor that the compiler declares, and a primary constructor, only set fields.</summary>
    private static bool MayThrow(IMethodSymbol constructor) => constructor.DeclaringSyntaxReferences
        .Select(r => r.GetSyntax())
        .OfType<ConstructorDeclarationSyntax>()
        .Any(c => c.Initializer is not null || HasOtherCode(c.Body) || HasOtherCode(c.ExpressionBody));

    private static bool MayThrow(MemberDeclarationSyntax member) => member switch
    {
        PropertyDeclarationSyntax property =>
            HasOtherCode(property.Initializer)
            || property.AccessorList?.Accessors.Any(a =>
                !a.IsKind(SyntaxKind.GetAccessorDeclaration) && (HasOtherCode(a.Body) || HasOtherCode(a.ExpressionBody))) == true,
        FieldDeclarationSyntax field => field.Declaration.Variables.Any(v => HasOtherCode(v.Initializer)),
        _ => false,
    };

    /// <summary>Whether code does more than to assign parameters, literals, members and empty collections.</summary>
    private static bool HasOtherCode(SyntaxNode? code) => code?.DescendantNodes().Any(n => !IsHarmless(n)) == true;

    private static bool IsHarmless(SyntaxNode node) => node switch
    {
        BlockSyntax or ExpressionStatementSyntax or ThisExpressionSyntax or LiteralExpressionSyntax or TypeSyntax => true,
        AssignmentExpressionSyntax assignment => assignment.IsKind(SyntaxKind.SimpleAssignmentExpression),
        PostfixUnaryExpressionSyntax suppression => suppression.IsKind(SyntaxKind.SuppressNullableWarningExpression),
        MemberAccessExpressionSyntax or CollectionExpressionSyntax or ExpressionElementSyntax or TypeArgumentListSyntax => true,
        BaseObjectCreationExpressionSyntax { Initializer: null } creation => creation.ArgumentList is null or { Arguments.Count: 0 },
        ArgumentListSyntax { Arguments.Count: 0 } => true,
        _ => false,
    };
}

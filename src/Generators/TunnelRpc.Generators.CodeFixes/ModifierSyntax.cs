using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.CodeFixes;

/// <summary>Adds modifiers to declarations of types, and keeps comments and indentation.</summary>
internal static class ModifierSyntax
{
    /// <summary>Adds a modifier: as the last one, but before partial, which must be the last.</summary>
    public static TypeDeclarationSyntax Add(TypeDeclarationSyntax type, SyntaxKind modifier)
    {
        SyntaxToken added = SyntaxFactory.Token(modifier).WithTrailingTrivia(SyntaxFactory.Space);
        int partial = type.Modifiers.IndexOf(SyntaxKind.PartialKeyword);
        int index = partial < 0 ? type.Modifiers.Count : partial;
        if (index > 0)
        {
            return type.WithModifiers(type.Modifiers.Insert(index, added));
        }

        // The comments and the indentation belong to the first token, so they move to the new modifier.
        SyntaxToken first = type.Modifiers.Count > 0 ? type.Modifiers[0] : type.Keyword;
        added = added.WithLeadingTrivia(first.LeadingTrivia);
        TypeDeclarationSyntax rest = type.ReplaceToken(first, first.WithLeadingTrivia());
        return rest.WithModifiers(rest.Modifiers.Insert(0, added));
    }
}

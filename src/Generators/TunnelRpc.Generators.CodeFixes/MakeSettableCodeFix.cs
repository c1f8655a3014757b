using System.Collections.Immutable;
using System.Composition;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Generators.CodeFixes;

/// <summary>Makes a member settable that the receiver cannot set (TRPC0209): by init, by set, or by a setter that becomes public.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MakeSettableCodeFix))]
[Shared]
public sealed class MakeSettableCodeFix : CodeFixProvider
{
    private const string IsExternalInit = "System.Runtime.CompilerServices.IsExternalInit";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ImmutableArray.Create(Rules.MemberNotSerialized.Id);

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        switch (root?.FindNode(context.Span))
        {
            case PropertyDeclarationSyntax { ExpressionBody: null, AccessorList: { } accessors } property
                when !property.Modifiers.Any(SyntaxKind.OverrideKeyword):
                if (accessors.Accessors.FirstOrDefault(IsSetter) is { } setter)
                {
                    Register(context, "Make the setter public", "init", setter, WithoutModifiers(setter));
                }
                else if (accessors.Accessors.Count == 1 && accessors.Accessors[0] is { Body: null, ExpressionBody: null } getter)
                {
                    Compilation? compilation =
                        await context.Document.Project.GetCompilationAsync(context.CancellationToken).ConfigureAwait(false);
                    if (compilation?.GetTypeByMetadataName(IsExternalInit) is not null)
                    {
                        AccessorListSyntax withInit = Add(accessors, getter, SyntaxKind.InitAccessorDeclaration);
                        Register(context, "Add 'init'", "init", accessors, withInit);
                    }

                    if (!IsReadOnly(property))
                    {
                        AccessorListSyntax withSet = Add(accessors, getter, SyntaxKind.SetAccessorDeclaration);
                        Register(context, "Add 'set'", "set", accessors, withSet);
                    }
                }

                break;
            case VariableDeclaratorSyntax { Parent.Parent: FieldDeclarationSyntax field } when !IsReadOnly(field):
                Register(context, "Remove 'readonly'", "set", field, WithoutReadOnly(field));
                break;
        }
    }

    private static void Register(CodeFixContext context, string title, string key, SyntaxNode before, SyntaxNode after) =>
        context.RegisterCodeFix(
            CodeAction.Create(title, token => ReplaceAsync(context.Document, before, after, token), equivalenceKey: key),
            context.Diagnostics);

    private static async Task<Document> ReplaceAsync(
        Document document, SyntaxNode before, SyntaxNode after, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        return document.WithSyntaxRoot(root.ReplaceNode(before, after));
    }

    private static bool IsSetter(AccessorDeclarationSyntax accessor) =>
        accessor.IsKind(SyntaxKind.SetAccessorDeclaration) || accessor.IsKind(SyntaxKind.InitAccessorDeclaration);

    /// <summary>Returns whether the member is in a readonly struct, which has no setters and no fields that can be set.</summary>
    private static bool IsReadOnly(MemberDeclarationSyntax member) =>
        member.Parent is TypeDeclarationSyntax type && type.Modifiers.Any(SyntaxKind.ReadOnlyKeyword);

    private static AccessorListSyntax Add(AccessorListSyntax accessors, AccessorDeclarationSyntax getter, SyntaxKind kind) =>
        accessors.AddAccessors(SyntaxFactory.AccessorDeclaration(kind)
            .WithSemicolonToken(SyntaxFactory.Token(SyntaxKind.SemicolonToken))
            .WithLeadingTrivia(getter.GetLeadingTrivia())
            .WithTrailingTrivia(getter.GetTrailingTrivia()));

    private static AccessorDeclarationSyntax WithoutModifiers(AccessorDeclarationSyntax setter) =>
        setter.WithModifiers(SyntaxFactory.TokenList()).WithLeadingTrivia(setter.GetLeadingTrivia());

    private static FieldDeclarationSyntax WithoutReadOnly(FieldDeclarationSyntax field)
    {
        SyntaxToken modifier = field.Modifiers.First(m => m.IsKind(SyntaxKind.ReadOnlyKeyword));
        return field.WithModifiers(field.Modifiers.Remove(modifier)).WithLeadingTrivia(field.GetLeadingTrivia());
    }
}

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
using Microsoft.CodeAnalysis.FindSymbols;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Generators.CodeFixes;

/// <summary>Seals a case of a union (TRPC0216), if the solution has no class that derives from it, and it has no member for one.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(SealTypeCodeFix))]
[Shared]
public sealed class SealTypeCodeFix : CodeFixProvider
{
    private const string Title = "Seal";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ImmutableArray.Create(Rules.UnionCaseNotSealed.Id);

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        Document document = context.Document;
        SyntaxNode? root = await document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        SemanticModel? model = await document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span) is not TypeDeclarationSyntax declaration
            || model?.GetDeclaredSymbol(declaration, context.CancellationToken) is not { } type
            || type.GetMembers().Any(m => !m.IsImplicitlyDeclared && (m.IsVirtual || m.DeclaredAccessibility == Accessibility.Protected))
            || (await SymbolFinder
                .FindDerivedClassesAsync(type, document.Project.Solution, cancellationToken: context.CancellationToken)
                .ConfigureAwait(false)).Any())
        {
            return;
        }

        context.RegisterCodeFix(
            CodeAction.Create(Title, token => SealAsync(document, declaration, token), equivalenceKey: Title), context.Diagnostics);
    }

    private static async Task<Document> SealAsync(
        Document document, TypeDeclarationSyntax declaration, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        return document.WithSyntaxRoot(root.ReplaceNode(declaration, ModifierSyntax.Add(declaration, SyntaxKind.SealedKeyword)));
    }
}

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

/// <summary>Removes ref, out and in from a parameter of a contract (TRPC0201).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(PassByValueCodeFix))]
[Shared]
public sealed class PassByValueCodeFix : CodeFixProvider
{
    private const string Title = "Pass by value";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ImmutableArray.Create(Rules.UnsupportedParameterKind.Id);

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span) is ParameterSyntax parameter)
        {
            context.RegisterCodeFix(
                CodeAction.Create(Title, token => RemoveModifiersAsync(context.Document, parameter, token), equivalenceKey: Title),
                context.Diagnostics);
        }
    }

    private static async Task<Document> RemoveModifiersAsync(
        Document document, ParameterSyntax parameter, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        ParameterSyntax byValue = parameter
            .WithModifiers(SyntaxFactory.TokenList(parameter.Modifiers.Where(m => !IsReference(m))))
            .WithLeadingTrivia(parameter.GetLeadingTrivia());
        return document.WithSyntaxRoot(root.ReplaceNode(parameter, byValue));
    }

    private static bool IsReference(SyntaxToken modifier) => modifier.Kind() is SyntaxKind.RefKeyword or SyntaxKind.OutKeyword
        or SyntaxKind.InKeyword or SyntaxKind.ReadOnlyKeyword or SyntaxKind.ScopedKeyword;
}

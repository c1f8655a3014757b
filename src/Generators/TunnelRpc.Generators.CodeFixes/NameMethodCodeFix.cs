using System.Collections.Immutable;
using System.Composition;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.CodeFixes;

/// <summary>Gives a method another name on the wire, with [TunnelMethod(Name = …)] (TRPC0104, TRPC0105).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(NameMethodCodeFix))]
[Shared]
public sealed class NameMethodCodeFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } =
        ImmutableArray.Create(Rules.DuplicateMethod.Id, Rules.MethodIdCollision.Id);

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        SemanticModel? model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);

        // An inherited method is reported at the contract, whose base interface may be in another assembly. A method that has the attribute
        // keeps the name that its author chose.
        if (root?.FindNode(context.Span) is not MethodDeclarationSyntax declaration
            || model?.GetDeclaredSymbol(declaration, context.CancellationToken) is not { } method
            || AttributeNames.Find(method, AttributeNames.TunnelMethod) is not null)
        {
            return;
        }

        string name = WireNameProposal.For(method);
        context.RegisterCodeFix(
            CodeAction.Create(
                $"Name it '{name}' on the wire",
                token => AddNameAsync(context.Document, declaration, name, token),
                equivalenceKey: "TunnelMethod"),
            context.Diagnostics);
    }

    private static async Task<Document> AddNameAsync(
        Document document, MethodDeclarationSyntax declaration, string name, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        MemberDeclarationSyntax named = AttributeSyntaxes.AddTo(declaration, "TunnelMethod", $"(Name = \"{name}\")");
        return document.WithSyntaxRoot(root.ReplaceNode(declaration, named));
    }
}

using System;
using System.Collections.Immutable;
using System.Composition;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Generators.CodeFixes;

/// <summary>
/// Makes a method of a contract asynchronous (TRPC0103): wraps the type of its result in Task or ValueTask, or makes a method without a
/// result one-way.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ReturnTaskCodeFix))]
[Shared]
public sealed class ReturnTaskCodeFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ImmutableArray.Create(Rules.UnsupportedReturnType.Id);

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span) is not MethodDeclarationSyntax { ReturnType: not RefTypeSyntax } method)
        {
            return;
        }

        bool isVoid = method.ReturnType is PredefinedTypeSyntax type && type.Keyword.IsKind(SyntaxKind.VoidKeyword);
        string result = isVoid ? "" : $"<{method.ReturnType.WithoutTrivia()}>";
        Register($"Return Task{result}", "Task", static m => Wrap(m, "Task"));
        if (isVoid)
        {
            Register("Return ValueTask with [OneWay]", "OneWay", MakeOneWay);
        }
        else
        {
            Register($"Return ValueTask{result}", "ValueTask", static m => Wrap(m, "ValueTask"));
        }

        void Register(string title, string key, Func<MethodDeclarationSyntax, MethodDeclarationSyntax> change) => context.RegisterCodeFix(
            CodeAction.Create(title, token => ReplaceAsync(context.Document, method, change(method), token), equivalenceKey: key),
            context.Diagnostics);
    }

    private static async Task<Document> ReplaceAsync(
        Document document, SyntaxNode before, SyntaxNode after, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        return document.WithSyntaxRoot(root.ReplaceNode(before, after));
    }

    private static MethodDeclarationSyntax MakeOneWay(MethodDeclarationSyntax method)
    {
        var oneWay = (MethodDeclarationSyntax)AttributeSyntaxes.AddTo(method, "OneWay");
        return Wrap(oneWay, "ValueTask");
    }

    private static MethodDeclarationSyntax Wrap(MethodDeclarationSyntax method, string task)
    {
        TypeSyntax result = method.ReturnType;
        SimpleNameSyntax name = result is PredefinedTypeSyntax type && type.Keyword.IsKind(SyntaxKind.VoidKeyword)
            ? SyntaxFactory.IdentifierName(task)
            : SyntaxFactory.GenericName(SyntaxFactory.Identifier(task), SyntaxFactory.TypeArgumentList(
                SyntaxFactory.SingletonSeparatedList(result.WithoutTrivia())));
        NameSyntax qualified = SyntaxFactory.QualifiedName(SyntaxFactory.ParseName("global::System.Threading.Tasks"), name);
        return method.WithReturnType(qualified.WithTriviaFrom(result).WithAdditionalAnnotations(Simplifier.Annotation));
    }
}

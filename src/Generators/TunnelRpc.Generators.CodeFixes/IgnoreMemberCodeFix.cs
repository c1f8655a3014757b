using System.Collections.Immutable;
using System.Composition;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Generators.CodeFixes;

/// <summary>Excludes a member that cannot be serialized, with [TunnelIgnore].</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(IgnoreMemberCodeFix))]
[Shared]
public sealed class IgnoreMemberCodeFix : CodeFixProvider
{
    private const string Attribute = "TunnelIgnore";

    /// <summary>The errors at a place that another member has led to. That member is their additional location.</summary>
    private static readonly ImmutableArray<string> OfOtherMember = ImmutableArray.Create(
        Rules.MisplacedCancellationToken.Id, Rules.UnsupportedType.Id, Rules.ElementsNotSerialized.Id);

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = OfOtherMember.AddRange(ImmutableArray.Create(
        Rules.MemberNotSerialized.Id, Rules.StateNotSerialized.Id, Rules.MemberNotMarked.Id, Rules.EndlessType.Id));

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        Diagnostic diagnostic = context.Diagnostics[0];
        Location? location = !OfOtherMember.Contains(diagnostic.Id) ? diagnostic.Location
            : diagnostic.AdditionalLocations.Count > 0 ? diagnostic.AdditionalLocations[0]
            : null;
        if (location?.SourceTree is not { } tree
            || context.Document.Project.Solution.GetDocument(tree) is not { } document
            || await document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false) is not { } root
            || FindMember(root.FindNode(location.SourceSpan)) is not { } member)
        {
            return;
        }

        context.RegisterCodeFix(
            CodeAction.Create(
                $"Exclude with [{Attribute}]",
                cancellation => IgnoreAsync(document, member, cancellation),
                equivalenceKey: Attribute),
            diagnostic);
    }

    /// <summary>Returns the declaration that can have the attribute; null if there is none, or if it declares other members, too.</summary>
    private static SyntaxNode? FindMember(SyntaxNode node) => node switch
    {
        PropertyDeclarationSyntax => node,
        VariableDeclaratorSyntax { Parent.Parent: FieldDeclarationSyntax { Declaration.Variables.Count: 1 } field } => field,
        ParameterSyntax { Default: not null, Parent.Parent: RecordDeclarationSyntax } => node,
        _ => null,
    };

    private static async Task<Solution> IgnoreAsync(Document document, SyntaxNode member, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        SyntaxNode ignored = member is ParameterSyntax parameter
            ? AttributeSyntaxes.AddToProperty(parameter, Attribute)
            : AttributeSyntaxes.AddTo((MemberDeclarationSyntax)member, Attribute);
        return document.WithSyntaxRoot(root.ReplaceNode(member, ignored)).Project.Solution;
    }
}

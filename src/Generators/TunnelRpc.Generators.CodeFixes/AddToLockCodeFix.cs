using System.Collections.Generic;
using System.Collections.Immutable;
using System.Composition;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Generators.CodeFixes;

/// <summary>
/// Adds facts to the contract lock (TRPC0603). It neither removes lines nor accepts changes that break or surprise a peer.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AddToLockCodeFix))]
[Shared]
public sealed class AddToLockCodeFix : CodeFixProvider
{
    private const string Title = "Add to TunnelContracts.lock";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ImmutableArray.Create(LockRules.NotLocked.Id);

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => new FixAll();

    /// <inheritdoc/>
    public override Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        Project project = context.Document.Project;
        ImmutableArray<Diagnostic> diagnostics = context.Diagnostics;
        context.RegisterCodeFix(
            CodeAction.Create(Title, token => AddAsync(project.Solution, [(project.Id, diagnostics)], token), equivalenceKey: Title),
            diagnostics);
        return Task.CompletedTask;
    }

    private static async Task<Solution> AddAsync(
        Solution solution,
        IEnumerable<(ProjectId Project, ImmutableArray<Diagnostic> Diagnostics)> found,
        CancellationToken cancellationToken)
    {
        foreach ((ProjectId project, ImmutableArray<Diagnostic> diagnostics) in found)
        {
            TextDocument? document =
                solution.GetProject(project)!.AdditionalDocuments.FirstOrDefault(d => d.Name == LockFile.FileName);
            if (document is null)
            {
                continue;
            }

            SourceText text = await document.GetTextAsync(cancellationToken).ConfigureAwait(false);
            IEnumerable<LockFact> facts = diagnostics
                .Where(d => d.Id == LockRules.NotLocked.Id)
                .SelectMany(d => (d.Properties[LockAnalyzer.FactsProperty] ?? "").Split('\n'))
                .Where(line => line.Length > 0)
                .Select(LockFact.Parse);
            string updated = LockFile.Parse(text.ToString()).Add(facts);
            solution = solution.WithAdditionalDocumentText(document.Id, SourceText.From(updated, text.Encoding));
        }

        return solution;
    }

    /// <summary>Adds the facts of all diagnostics at once. The batch fixer of the platform merges source documents only.</summary>
    private sealed class FixAll : FixAllProvider
    {
        public override async Task<CodeAction?> GetFixAsync(FixAllContext context)
        {
            IEnumerable<Project> projects = context.Scope == FixAllScope.Solution ? context.Solution.Projects : [context.Project];
            var found = new List<(ProjectId, ImmutableArray<Diagnostic>)>();
            foreach (Project project in projects)
            {
                found.Add((project.Id, context.Scope == FixAllScope.Document && context.Document is not null
                    ? await context.GetDocumentDiagnosticsAsync(context.Document).ConfigureAwait(false)
                    : await context.GetAllDiagnosticsAsync(project).ConfigureAwait(false)));
            }

            return CodeAction.Create(Title, token => AddAsync(context.Solution, found, token), equivalenceKey: Title);
        }
    }
}

using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Shouldly;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.CodeFixes;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Tests that the code fix removes the diagnostic and changes nothing else.</summary>
public sealed class CodeFixTests
{
    [Theory]
    [InlineData(
        "using TunnelRpc; [TunnelService] public interface IA { }",
        "using TunnelRpc; [TunnelService] public partial interface IA { }")]
    [InlineData(
        "using TunnelRpc;\n// Mine.\n[TunnelService]\ninterface IA\n{\n}\n",
        "using TunnelRpc;\n// Mine.\n[TunnelService]\npartial interface IA\n{\n}\n")]
    [InlineData(
        "using TunnelRpc; class Outer { public struct Inner { [TunnelService] internal interface IA { } } }",
        "using TunnelRpc; partial class Outer { public partial struct Inner { [TunnelService] internal partial interface IA { } } }")]
    [InlineData(
        "using TunnelRpc; class Outer { [TunnelService] public partial interface IA { } }",
        "using TunnelRpc; partial class Outer { [TunnelService] public partial interface IA { } }")]
    public async Task Make_partial_fix_adds_modifier_and_removes_diagnostic(string before, string after)
    {
        using var workspace = new AdhocWorkspace();
        Document document = workspace.AddProject(ProjectInfo.Create(
                ProjectId.CreateNewId(),
                VersionStamp.Default,
                "Contracts",
                "Contracts",
                LanguageNames.CSharp,
                compilationOptions: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary),
                metadataReferences: Compilations.References))
            .AddDocument("A.cs", before);
        Diagnostic problem = (await AnalyzeAsync(document)).First();

        string fixedText = await FixAsync(document, problem);

        fixedText.ShouldBe(after);
        Document fixedDocument = document.WithText(Microsoft.CodeAnalysis.Text.SourceText.From(fixedText));
        (await AnalyzeAsync(fixedDocument)).ShouldBeEmpty();
    }

    private static async Task<string> FixAsync(Document document, Diagnostic problem)
    {
        var actions = new List<CodeAction>();
        var fix = new MakePartialCodeFix();
        await fix.RegisterCodeFixesAsync(new CodeFixContext(document, problem, (action, _) => actions.Add(action), CancellationToken.None));
        ImmutableArray<CodeActionOperation> operations = await actions.Single().GetOperationsAsync(CancellationToken.None);
        Solution changed = operations.OfType<ApplyChangesOperation>().Single().ChangedSolution;
        return (await changed.GetDocument(document.Id)!.GetTextAsync()).ToString();
    }

    private static async Task<ImmutableArray<Diagnostic>> AnalyzeAsync(Document document) =>
        await (await document.Project.GetCompilationAsync())!.WithAnalyzers([new ContractAnalyzer()]).GetAnalyzerDiagnosticsAsync();
}

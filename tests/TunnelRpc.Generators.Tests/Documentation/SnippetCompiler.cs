using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.Tests.Documentation;

/// <summary>
/// Compiles the blocks of a page, with the generator and the analyzers. All blocks are one program; a file with top-level statements is a
/// program of its own, with all declarations of the page. An error has the line on the page.
/// </summary>
internal static class SnippetCompiler
{
    /// <summary>The class of the statements, and of the variables that a context declares.</summary>
    private const string StatementsClass = "Snippets";

    /// <summary>Returns the errors and warnings of the page.</summary>
    public static async Task<IReadOnlyList<string>> GetProblemsAsync(DocumentationPage page)
    {
        List<SyntaxTree> trees = CreateTrees(page);
        SyntaxTree[] programs = [.. trees.Where(HasTopLevelStatements)];
        SyntaxTree[] declarations = [.. trees.Except(programs)];
        List<string> problems = [];
        foreach (SyntaxTree program in programs)
        {
            problems.AddRange(await GetProblemsAsync([program, .. declarations], OutputKind.ConsoleApplication));
        }

        if (programs.Length == 0)
        {
            problems.AddRange(await GetProblemsAsync(declarations, OutputKind.DynamicallyLinkedLibrary));
        }

        return [.. problems.Distinct()];
    }

    private static async Task<IEnumerable<string>> GetProblemsAsync(IReadOnlyList<SyntaxTree> trees, OutputKind kind)
    {
        Compilation compilation = CSharpCompilation.Create(
            "Page",
            trees,
            [.. Compilations.References, .. Compilations.MessagePackReferences],
            new CSharpCompilationOptions(
                kind,
                nullableContextOptions: NullableContextOptions.Enable,
                specificDiagnosticOptions: Compilations.SuppressedWarnings));
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out var reported);
        return output.GetDiagnostics().Concat(reported).Concat(await Compilations.AnalyzeAsync(output))
            .Where(d => d.Severity is DiagnosticSeverity.Error or DiagnosticSeverity.Warning)
            .Select(d => d.ToString());
    }

    private static List<SyntaxTree> CreateTrees(DocumentationPage page)
    {
        List<SyntaxTree> trees = [.. page.Contexts.Select(context => ParseContext(page, context.Line, context.Text))];
        List<string> usings = [];
        for (int i = 0; i < page.Snippets.Count; i++)
        {
            Snippet snippet = page.Snippets[i];
            usings = [.. usings.Union(snippet.Usings)];
            List<Snippet> parts = [snippet];
            while (snippet.Kind == SnippetKind.Statements && i + 1 < page.Snippets.Count && page.Snippets[i + 1].IsContinued)
            {
                parts.Add(page.Snippets[++i]);
                usings = [.. usings.Union(page.Snippets[i].Usings)];
            }

            if (snippet.Kind != SnippetKind.NotCompiled)
            {
                trees.Add(Compilations.ParseText(CreateSource(page, parts, usings)));
            }
        }

        return trees;
    }

    private static SyntaxTree ParseContext(DocumentationPage page, int line, string text) => Compilations.ParseText(
        string.Concat(ImplicitUsings.Of(isWeb: true).Select(ns => $"using {ns};"))
        + $"\n#pragma warning disable\n#line {line} \"{page.Name}\"\n{text}\n");

    private static string CreateSource(DocumentationPage page, List<Snippet> parts, List<string> usings)
    {
        Snippet first = parts[0];
        bool isFile = first.Kind == SnippetKind.File;
        var source = new StringBuilder();
        source.AppendJoin("", ImplicitUsings.Of(parts.Exists(part => part.IsWeb)).Select(ns => $"using {ns};")).Append('\n');
        if (!isFile)
        {
            source.AppendJoin('\n', usings).Append('\n');
        }

        string end = "";
        if (first.Kind == SnippetKind.Statements)
        {
            source.Append($"partial class {StatementsClass}\n{{\nasync Task Line{first.Line}()\n{{\nawait Task.CompletedTask;\n");
            end = "}\n}\n";
        }
        else if (first.Kind == SnippetKind.Members)
        {
            source.Append($"[global::TunnelRpc.TunnelService]\ninternal partial interface IMembers{first.Line}\n{{\n");
            end = "}\n";
        }

        foreach (Snippet part in parts)
        {
            int skipped = isFile ? 0 : part.UsingLines;
            source.Append($"#line {part.Line + skipped} \"{page.Name}\"\n").AppendJoin('\n', part.Lines.Skip(skipped)).Append('\n');
        }

        return source.Append(end).ToString();
    }

    private static bool HasTopLevelStatements(SyntaxTree tree) => tree.GetRoot().ChildNodes().Any(node => node is GlobalStatementSyntax);
}

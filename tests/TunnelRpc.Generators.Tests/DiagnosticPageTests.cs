using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using TunnelRpc.Generators.Analysis;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// The samples of the pages in docs/diagnostics compile. Of each pair, the first has exactly the diagnostic of the page, and the second has
/// none.
/// </summary>
public sealed partial class DiagnosticPageTests
{
    private const string Folder = "diagnostics";

    /// <summary>The implicit usings of the SDK for web projects, which is what the README of the pages says.</summary>
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.Extensions.DependencyInjection;
        global using TunnelRpc;
        """;

    /// <summary>The attributes of the package MessagePack, if these tests do not reference it.</summary>
    private const string MessagePack = """
        namespace MessagePack
        {
            public sealed class MessagePackObjectAttribute : System.Attribute;
            public sealed class KeyAttribute(int key) : System.Attribute { public int Key => key; }
            public sealed class MessagePackFormatterAttribute(System.Type type) : System.Attribute { public System.Type Type => type; }
            public sealed class MessagePackSerializerOptions;
            public ref struct MessagePackWriter { public void Write(long value) { } }
            public ref struct MessagePackReader { public long ReadInt64() => 0; }
        }

        namespace MessagePack.Formatters
        {
            public interface IMessagePackFormatter<T>;
        }
        """;

    /// <summary>The rules that are not checked by the generator, so that the contract is generated.</summary>
    private static readonly string[] Generated =
        [Rules.DuplicateService.Id, Rules.ContractExpected.Id, .. Rules.All.Except(Rules.OfContracts).Select(r => r.Id)];

    private static readonly string[] Ids = [.. Rules.All.Add(Rules.NotGenerated).Select(r => r.Id)];

    public static TheoryData<string> Pages => [.. Ids];

    [Theory, MemberData(nameof(Pages))]
    public async Task Wrong_sample_has_the_diagnostic_of_its_page_and_the_corrected_one_has_none(string id)
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, Folder, id + ".md")).ReplaceLineEndings("\n");
        string[] samples = [.. Block().Matches(page).Select(m => m.Groups["code"].Value)];

        samples.Length.ShouldBeGreaterThan(0, id);
        (samples.Length % 2).ShouldBe(0, "The samples are pairs: wrong and corrected.");
        page.Split("```").Length.ShouldBe((2 * samples.Length) + 1, "All blocks are C#.");
        foreach (string[] pair in samples.Chunk(2))
        {
            (string[] ofAnalyzers, string[] ofGenerator) = await FindAsync(pair[0], isCorrect: false);
            ofAnalyzers.ShouldBe([id == Rules.NotGenerated.Id ? Rules.UnsupportedType.Id : id], pair[0]);
            ofGenerator.ShouldBe(Generated.Contains(id) ? [] : [Rules.NotGenerated.Id], pair[0]);

            (ofAnalyzers, ofGenerator) = await FindAsync(pair[1], isCorrect: true);
            ofAnalyzers.ShouldBeEmpty(pair[1]);
            ofGenerator.ShouldBeEmpty(pair[1]);
        }
    }

    [Fact]
    public void Every_page_belongs_to_a_rule()
    {
        IEnumerable<string?> pages = Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, Folder), "TRPC*.md")
            .Select(Path.GetFileNameWithoutExtension);

        pages.ShouldBe([.. Ids, .. LockRules.All.Select(r => r.Id)], ignoreOrder: true);
    }

    /// <summary>Returns the ids that the analyzers and the generator report. Fails if the sample does not compile.</summary>
    private static async Task<(string[] OfAnalyzers, string[] OfGenerator)> FindAsync(string sample, bool isCorrect)
    {
        CSharpCompilation compilation = Compilations.Create(Usings, sample);
        bool isProgram = compilation.SyntaxTrees[1].GetRoot().ChildNodes().OfType<GlobalStatementSyntax>().Any();
        compilation = compilation.WithOptions(new CSharpCompilationOptions(
            isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
            nullableContextOptions: NullableContextOptions.Enable,
            specificDiagnosticOptions: [new("CS1591", ReportDiagnostic.Suppress)]));
        if (compilation.GetTypeByMetadataName("MessagePack.KeyAttribute") is null)
        {
            compilation = compilation.AddSyntaxTrees(Compilations.ParseText(MessagePack));
        }

        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(
            compilation, out Compilation output, out ImmutableArray<Diagnostic> ofGenerator);
        output.GetDiagnostics()
            .Where(d => d.Severity == DiagnosticSeverity.Error || (isCorrect && d.Severity == DiagnosticSeverity.Warning))
            .Select(d => d.ToString())
            .ShouldBeEmpty(sample);
        return (IdsOf(await Compilations.AnalyzeAsync(output)), IdsOf(ofGenerator));
    }

    private static string[] IdsOf(ImmutableArray<Diagnostic> diagnostics) => [.. diagnostics.Select(d => d.Id).Distinct()];

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}

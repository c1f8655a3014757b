using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using TunnelRpc.Generators.Parsing;
using Xunit;

namespace TunnelRpc.Generators.Tests.Corpus;

/// <summary>
/// Tests the contracts of the corpus (Corpus/README.md): a valid one compiles and loses no value, and a broken one is an error at the
/// marked place and is not generated.
/// </summary>
public sealed partial class CorpusTests
{
    private const int MinContracts = 250;

    public static TheoryData<string> ValidFiles => [.. CorpusFile.NamesIn("Valid")];

    public static TheoryData<string> BrokenFiles => [.. CorpusFile.NamesIn("Broken")];

    [Theory, MemberData(nameof(ValidFiles))]
    public async Task Valid_contracts_compile_and_lose_no_value(string name)
    {
        CorpusFile file = CorpusFile.Read("Valid", name);
        byte[]? library = file.HasLibrary ? Compilations.EmitImage(file.CompileLibrary()) : null;
        CSharpCompilation compilation = file.Compile(library is null ? null : MetadataReference.CreateFromImage(library));
        (await Compilations.AnalyzeAsync(compilation)).Where(d => d.Severity > DiagnosticSeverity.Info).ShouldBeEmpty();
        GeneratorDriver driver = Compilations.CreateDriver()
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out ImmutableArray<Diagnostic> found);
        found.ShouldBeEmpty();
        driver.GetRunResult().Results.Single().Exception.ShouldBeNull();
        using var assembly = new CorpusAssembly(name, Compilations.EmitImage(output), library);
        var comparison = new DeepComparison(assembly.Contains);
        var coverage = new ValueCoverage(comparison);
        IReadOnlyList<(string Name, Type Result, object Formatter)> methods = assembly.Methods;
        var tested = new HashSet<Type>();

        foreach ((string property, Type type, object? value) in assembly.Values)
        {
            tested.Add(type);
            ValueCoverage.IsDefault(value).ShouldBeFalse($"{property}: a lost value would not be noticed");
            coverage.Add(value);
            methods.ShouldContain(m => m.Result == type, $"{property}: no unary method returns {type}");
            foreach ((string method, _, object formatter) in methods.Where(m => m.Result == type))
            {
                object? read = CorpusAssembly.Through(type, formatter, value);
                comparison.Compare(value, read, property).ShouldBeEmpty($"{method} loses a value");
            }
        }

        methods.Where(m => !tested.Contains(m.Result)).Select(m => m.Name).ShouldBeEmpty("their results have no value in the class Values");
        coverage.Unset.ShouldBeEmpty("a lost value would not be noticed");
        assembly.FormattedTypes.Where(t => !coverage.Types.Contains(t)).ShouldBeEmpty("no value contains them");
    }

    [Fact]
    public async Task Valid_contracts_with_types_of_another_project_compile()
    {
        // The compiler gets a reference assembly for another project.
        CorpusFile[] files = [.. CorpusFile.NamesIn("Valid").Select(name => CorpusFile.Read("Valid", name)).Where(f => f.HasLibrary)];

        files.ShouldNotBeEmpty();
        foreach (CorpusFile file in files)
        {
            CSharpCompilation compilation = file.Compile(Compilations.EmitReference(file.CompileLibrary()));
            (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty(file.Name);
            CompiledCode.GetErrors(compilation).ShouldBeEmpty(file.Name);
        }
    }

    [Theory, MemberData(nameof(BrokenFiles))]
    public async Task Broken_contracts_have_the_marked_errors_and_are_not_generated(string name)
    {
        CorpusFile file = CorpusFile.Read("Broken", name);
        CSharpCompilation compilation = file.Compile();
        compilation.GetDiagnostics().Where(d => d.DefaultSeverity == DiagnosticSeverity.Error).ShouldBeEmpty("the file must be valid C#");

        ImmutableArray<Diagnostic> errors = await Compilations.AnalyzeAsync(compilation);

        errors.ShouldAllBe(d => d.Severity == DiagnosticSeverity.Error);
        errors.Select(d => (Line: d.Location.GetLineSpan().StartLinePosition.Line + 1, d.Id)).Distinct().Order()
            .ShouldBe(file.Marks.Order());
        errors.Select(TextOf).Where(text => !Advice().IsMatch(text)).ShouldBeEmpty("each message says what to do");

        GeneratorDriverRunResult result = Compilations.CreateDriver()
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _).GetRunResult();
        string[] contracts = [.. ContractsOf(compilation).Select(c => $"The contract '{c.ToDisplayString()}' is not generated: ")];
        contracts.ShouldNotBeEmpty();
        result.Diagnostics.Where(d => d.Id == "TRPC0000").Select(TextOf)
            .Select(text => contracts.Single(c => text.StartsWith(c, StringComparison.Ordinal)))
            .ShouldBe(contracts, ignoreOrder: true);
        result.Results.Single().GeneratedSources
            .Where(s => !s.SourceText.ToString().Contains("NotSupportedException", StringComparison.Ordinal))
            .Select(s => s.HintName).ShouldBeEmpty("no formatter is generated, and the definitions of the contracts throw");
        output.GetDiagnostics().Where(d => d.DefaultSeverity == DiagnosticSeverity.Error).ShouldBeEmpty();
    }

    [Fact]
    public void Corpus_has_enough_contracts_and_none_twice()
    {
        InterfaceDeclarationSyntax[] contracts =
        [
            .. from folder in new[] { "Valid", "Broken" }
               from name in CorpusFile.NamesIn(folder)
               from contract in CorpusFile.Read(folder, name).Contracts
               select contract,
        ];

        contracts.Length.ShouldBeGreaterThanOrEqualTo(MinContracts);
        contracts.GroupBy(NameOf).Where(g => g.Count() > 1).Select(g => g.Key).ShouldBeEmpty("the names must differ");
        contracts.GroupBy(c => $"{NamespaceOf(c)}: {c.BaseList} {string.Concat(c.Members.Select(m => m.ToString()))}")
            .Where(g => g.Count() > 1).Select(g => g.Key).ShouldBeEmpty("the contracts of a family must differ");
    }

    [Theory]
    [InlineData("[1,2]", "[1,3]", "value[1]: expected 2, got 3")]
    [InlineData("[1,2]", "[1]", "value: expected 2 elements, got 1")]
    [InlineData("[1,null]", "[1,2]", "value[1]: expected null, got 2")]
    public void Comparison_finds_a_difference(string expected, string actual, string difference) =>
        new DeepComparison(_ => false).Compare(Parse(expected), Parse(actual), "value").ShouldBe([difference]);

    [Fact]
    public void Comparison_finds_a_difference_of_private_fields_of_a_base_class_and_not_of_ignored_ones()
    {
        var comparison = new DeepComparison(a => a == typeof(CorpusTests).Assembly);

        comparison.Compare(new Derived(1, 2, 3), new Derived(4, 5, 3), "value").ShouldBe(["value._base: expected 2, got 5"]);
        comparison.Compare(new Derived[] { new(1, 2, 3) }, new Derived[] { new(1, 4, 3) }, "all")
            .ShouldBe(["all[0]._base: expected 2, got 4"]);
        comparison.Compare(new Base(1), new Derived(1, 1, 1), "value").ShouldHaveSingleItem();
    }

    [Fact]
    public void Coverage_finds_a_field_that_has_its_default_in_all_objects()
    {
        var coverage = new ValueCoverage(new DeepComparison(a => a == typeof(CorpusTests).Assembly));

        coverage.Add(new List<Derived> { new(1, 0, 3), new(1, 2, 0) });
        coverage.Unset.ShouldBeEmpty();
        coverage.Add(new Base(0));

        coverage.Unset.ShouldHaveSingleItem().ShouldContain("Base._base");
        coverage.Types.ShouldBe([typeof(Derived), typeof(Base)], ignoreOrder: true);
    }

    private static List<int?> Parse(string list) => System.Text.Json.JsonSerializer.Deserialize<List<int?>>(list)!;

    private static IEnumerable<INamedTypeSymbol> ContractsOf(Compilation compilation) =>
        compilation.SyntaxTrees.First().GetRoot().DescendantNodes().OfType<InterfaceDeclarationSyntax>()
            .Select(d => compilation.GetSemanticModel(d.SyntaxTree).GetDeclaredSymbol(d)!)
            .Where(c => AttributeNames.Find(c, AttributeNames.TunnelService) is not null)
            .Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default);

    private static string TextOf(Diagnostic diagnostic) => diagnostic.GetMessage(CultureInfo.InvariantCulture);

    private static string NamespaceOf(SyntaxNode node) =>
        string.Join('.', node.Ancestors().OfType<BaseNamespaceDeclarationSyntax>().Select(n => n.Name.ToString()).Reverse());

    private static string NameOf(InterfaceDeclarationSyntax contract) => string.Join(
        '.', contract.Ancestors().OfType<BaseTypeDeclarationSyntax>().Select(t => t.Identifier.ValueText)
            .Prepend(contract.Identifier.ValueText).Append(NamespaceOf(contract)).Reverse());

    /// <summary>A verb that says what to do.</summary>
    [GeneratedRegex(
        @"\b(must|use|add|declare|give|remove|exclude|mark|make|write|return|keep|implement|serialize|rename)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Advice();

    private class Base(int value)
    {
        private readonly int _base = value;

        public int Value => _base;
    }

    private sealed class Derived(int ignored, int value, int more) : Base(value)
    {
        [TunnelIgnore]
        public int Ignored { get; } = ignored;

        public int More { get; } = more;
    }
}

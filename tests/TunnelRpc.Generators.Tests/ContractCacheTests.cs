using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Tests that an edit parses only the contracts that it may change, and that the generated code after an edit is the same as without the
/// models of the run before it.
/// </summary>
public sealed class ContractCacheTests
{
    private const string Usings = "using System.Collections.Generic; using System.Threading.Tasks; using TunnelRpc;\n";

    private static readonly string[] Sources =
    [
        Usings + """
        namespace Acme;
        [TunnelService] public partial interface IOrders
        {
            [Timeout(Times.Short)] Task<Order> GetAsync(int id, Kind kind = Kind.Small, int limit = Limits.Default);
        }
        """,
        Usings + "namespace Acme; [TunnelService] public partial interface IPeople { Task<Person> GetAsync(Address address); }",
        Usings + """
        namespace Acme;
        public sealed class Order : Entity { private readonly string _name; public Order(string name) => _name = name; public string Name => _name; }
        """,
        "namespace Acme; public abstract class Entity { public int Id { get; set; } }",
        "namespace Acme; public sealed record Person(string Name); public sealed record Address(string City);",
        "namespace Acme; public enum Kind { Small, Large }",
        "namespace Acme; public static class Limits { public const int Default = 10; public static int Compute() => 1; }",
        "namespace Acme; public static class Times { public const string Short = \"1s\"; }",
        "namespace Other; public sealed record Spare(int A);",
    ];

    /// <summary>What is edited, its file, the old text, the new text, and the number of contracts that must be parsed again.</summary>
    public static TheoryData<string, int, string, string, int> Edits => new()
    {
        { "a method body", 6, "=> 1", "=> 2", 0 },
        { "a method in a class that no contract uses", 6, "public static int", "public static int More() => 3; public static int", 0 },
        { "a record that no contract uses", 8, "int A", "int B", 0 },
        { "a comment in a file of no contract", 8, "public", "/* new */ public", 0 },
        { "a method of a contract", 0, "GetAsync", "FindAsync", 1 },
        { "a method of the other contract", 1, "GetAsync(Address", "FindAsync(Address", 1 },
        { "a member of a type", 4, "string City", "string City, string Street", 1 },
        { "a member of a base class", 3, "int Id", "long Id", 1 },
        { "an accessor", 2, "=> _name;", "=> \"\";", 1 },
        { "the type of an enum", 5, "enum Kind", "enum Kind : byte", 2 },
        { "a constant that is a default", 6, "Default = 10", "Default = 11", 2 },
        { "a constant of an attribute", 7, "\"1s\"", "\"2s\"", 2 },
        { "a new type of the same name in a nearer namespace", 8, "namespace Other", "namespace Acme.More", 2 },
        { "a removed type", 4, "public sealed record Address(string City);", "", 2 },
        { "a global using", 8, "namespace", "global using System; namespace", 2 },
        { "the accessibility of a type", 4, "public sealed record Address", "internal sealed record Address", 2 },
    };

    [Theory, MemberData(nameof(Edits))]
    public void Edit_parses_what_it_may_change(string what, int file, string before, string after, int parsed)
    {
        Compilation first = Compilations.Create(Sources);
        SyntaxTree old = first.SyntaxTrees.ElementAt(file);
        string text = old.ToString();
        text.ShouldContain(before, Case.Sensitive, what);
        SyntaxTree edited = old.WithChangedText(SourceText.From(
            text.Replace(before, after, StringComparison.Ordinal)));
        Compilation second = first.ReplaceSyntaxTree(old, edited);
        var generator = new ContractGenerator();
        GeneratorDriver driver = Compilations.CreateDriver(generator).RunGenerators(first);
        generator.ParsedContracts.ShouldBe(2, what);

        driver = driver.RunGenerators(second);

        (generator.ParsedContracts - 2).ShouldBe(parsed, what);
        OutputOf(driver).ShouldBe(OutputOf(Compilations.CreateDriver().RunGenerators(second)), what);
    }

    [Fact]
    public void Changed_reference_parses_all_contracts()
    {
        Compilation first = Compilations.Create(Sources);
        var generator = new ContractGenerator();
        GeneratorDriver driver = Compilations.CreateDriver(generator).RunGenerators(first);

        driver.RunGenerators(first.AddReferences(Compilations.Emit(Compilations.Create("public class Unused;"))));

        generator.ParsedContracts.ShouldBe(4);
    }

    [Fact]
    public void Error_is_reported_at_its_new_place_after_an_edit_before_it()
    {
        const string broken = Usings + "[TunnelService] public partial interface IBad { Task GetAsync(object a); }";
        Compilation first = Compilations.Create(broken);
        GeneratorDriver driver = Compilations.CreateDriver().RunGenerators(first);
        SyntaxTree old = first.SyntaxTrees.Single();
        Compilation second = first.ReplaceSyntaxTree(
            old, old.WithChangedText(SourceText.From("\n\n" + broken)));

        Diagnostic error = driver.RunGenerators(second).GetRunResult().Diagnostics.ShouldHaveSingleItem();

        error.Location.GetLineSpan().StartLinePosition.Line.ShouldBe(3);
    }

    [Fact]
    public void Contract_is_found_by_an_alias_of_the_attribute()
    {
        const string source = "using Service = TunnelRpc.TunnelServiceAttribute; [Service] public partial interface IA { "
            + "System.Threading.Tasks.Task GetAsync(); } [System.Obsolete] public partial interface INone { void Get(); }";

        GeneratorDriver driver = Compilations.CreateDriver().RunGenerators(Compilations.Create(source));

        driver.GetRunResult().GeneratedTrees.Select(t => Path.GetFileName(t.FilePath)).Order(StringComparer.Ordinal)
            .ShouldBe(["IA.g.cs", "TunnelRpc-contracts.g.cs"]);
    }

    [Fact]
    public async Task Analyzer_reports_what_another_generator_adds_to_a_type()
    {
        Compilation compilation = Compilations.Create(
            Usings + "[TunnelService] public partial interface IA { Task GetAsync(Data a); } "
            + "public partial class Data { public int A { get; set; } }");
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        (await Compilations.AnalyzeAsync(output)).ShouldBeEmpty();

        output = output.AddSyntaxTrees(Compilations.ParseText(
            "public partial class Data { private int _lost; public int Next() => ++_lost; }"));

        (await Compilations.AnalyzeAsync(output)).ShouldHaveSingleItem().GetMessage().ShouldContain("_lost");
    }

    private static string[] OutputOf(GeneratorDriver driver) =>
    [
        .. driver.GetRunResult().GeneratedTrees.Select(t => t.FilePath + "\n" + t).Order(StringComparer.Ordinal),
        .. driver.GetRunResult().Diagnostics.Select(d => d.ToString()),
    ];
}

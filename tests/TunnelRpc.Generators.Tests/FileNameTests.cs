using Microsoft.CodeAnalysis;
using Shouldly;
using TunnelRpc.Generators.Emission;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Tests that file names of outputs are unique. If the names of two outputs differ only in case, the compiler rejects all outputs of the
/// generator.
/// </summary>
public sealed class FileNameTests
{
    private const string Usings = "using System.Threading.Tasks; using TunnelRpc;\n";

    [Fact]
    public void Hint_names_that_differ_only_in_case_are_unique_in_any_source_order()
    {
        const string upper = Usings
            + "namespace Foo { [TunnelService] public partial interface IBar { Task<Item> AAsync(); } public sealed record Item(int A); }";
        const string lower = Usings
            + "namespace foo { [TunnelService] public partial interface IBar { Task<Item> AAsync(); } public sealed record Item(string "
            + "B); }";
        const string other = Usings + "namespace Foo { [TunnelService] public partial interface IOther { Task AAsync(); } }";

        List<string> names = Generate(upper, lower, other);
        List<string> reversed = Generate(other, lower, upper);

        names.Count.ShouldBe(5);
        names.ShouldContain("Foo.IOther.g.cs");
        names.Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(5);
        reversed.ShouldBe(names);
    }

    [Fact]
    public void Contract_named_like_formatter_file_gets_own_file()
    {
        List<string> names = Generate(Usings + """
            [TunnelUnion(0, typeof(Case))]
            public partial interface IBar
            {
                [TunnelService] public partial interface Formatter { Task AAsync(IBar bar); }
            }

            public sealed record Case : IBar;
            """);

        names.Count.ShouldBe(3);
        names.ShouldContain("Case.Formatter.g.cs");
    }

    [Fact]
    public void Types_whose_names_differ_only_in_underscores_get_separate_formatters() => Generate(Usings + """
        [TunnelService] public partial interface IA { Task AAsync(A_.B one, A._B other); }
        public static class A_ { public sealed record B(int Number); }
        public static class A { public sealed record _B(string Text); }
        """).Count.ShouldBe(3);

    [Fact]
    public void Two_parts_with_attribute_report_only_compiler_error()
    {
        Compilation compilation = Compilations.Create(
            Usings + "[TunnelService] public partial interface IA { Task AAsync(); }",
            Usings + "[TunnelService] public partial interface IA { Task BAsync(); }");

        GeneratorDriver driver = Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);

        driver.GetRunResult().Results.Single().Exception.ShouldBeNull();
        output.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.Id).ShouldBe(["CS0579"]);
    }

    /// <summary>Runs the generator, checks that the output compiles, and returns the hint names without that of the facts.</summary>
    private static List<string> Generate(params string[] sources)
    {
        GeneratorDriver driver =
            Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(Compilations.Create(sources), out Compilation output, out _);

        GeneratorRunResult result = driver.GetRunResult().Results.Single();
        result.Exception.ShouldBeNull();
        output.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
        return [.. result.GeneratedSources.Select(s => s.HintName).Where(n => n != FactsEmitter.FileName).Order(StringComparer.Ordinal)];
    }
}

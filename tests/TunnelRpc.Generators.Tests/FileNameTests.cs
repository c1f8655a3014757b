using Microsoft.CodeAnalysis;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>The compiler refuses two outputs of a generator whose names differ in case only, and everything of the generator with them.</summary>
public sealed class FileNameTests
{
    private const string Usings = "using System.Threading.Tasks; using TunnelRpc;\n";

    [Fact]
    public void Names_that_differ_only_in_case_are_told_apart_whatever_the_order_of_the_source()
    {
        const string upper = Usings + "namespace Foo { [TunnelService] public partial interface IBar { Task<Item> AAsync(); } public sealed record Item(int A); }";
        const string lower = Usings + "namespace foo { [TunnelService] public partial interface IBar { Task<Item> AAsync(); } public sealed record Item(string B); }";
        const string other = Usings + "namespace Foo { [TunnelService] public partial interface IOther { Task AAsync(); } }";

        List<string> names = Generate(upper, lower, other);
        List<string> reversed = Generate(other, lower, upper);

        names.Count.ShouldBe(5);
        names.ShouldContain("Foo.IOther.g.cs");
        names.Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(5);
        reversed.ShouldBe(names);
    }

    [Fact]
    public void A_contract_named_like_a_formatters_file_has_a_file_of_its_own()
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
    public void Types_whose_names_differ_only_in_where_they_have_underscores_have_a_formatter_each() => Generate(Usings + """
        [TunnelService] public partial interface IA { Task AAsync(A_.B one, A._B other); }
        public static class A_ { public sealed record B(int Number); }
        public static class A { public sealed record _B(string Text); }
        """).Count.ShouldBe(3);

    [Fact]
    public void Two_parts_with_the_attribute_are_an_error_of_the_compilers_alone()
    {
        Compilation compilation = Compilations.Create(
            Usings + "[TunnelService] public partial interface IA { Task AAsync(); }", Usings + "[TunnelService] public partial interface IA { Task BAsync(); }");

        GeneratorDriver driver = Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);

        driver.GetRunResult().Results.Single().Exception.ShouldBeNull();
        output.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.Id).ShouldBe(["CS0579"]);
    }

    /// <summary>The names of what is generated, which compiles.</summary>
    private static List<string> Generate(params string[] sources)
    {
        GeneratorDriver driver = Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(Compilations.Create(sources), out Compilation output, out _);

        GeneratorRunResult result = driver.GetRunResult().Results.Single();
        result.Exception.ShouldBeNull();
        output.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
        return [.. result.GeneratedSources.Select(s => s.HintName).Order(StringComparer.Ordinal)];
    }
}

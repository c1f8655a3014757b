using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Shouldly;
using TunnelRpc.Generators.Analysis;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Each rule: its id, its place, its words. And the generator leaves out exactly what the analyzer reports.</summary>
public sealed class AnalyzerTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Threading;
        using System.Threading.Tasks;
        using TunnelRpc;

        """;

    /// <summary>Id, source, the text at the place, a part of the message.</summary>
    public static TheoryData<string, string, string, string> Broken => new()
    {
        { "TRPC0001", "[TunnelService] public interface IBad { Task AAsync(); }", "IBad", "partial" },
        { "TRPC0002", "public class Outer { [TunnelService] public partial interface IBad { Task AAsync(); } }", "IBad", "Outer" },
        { "TRPC0003", "[TunnelService] public partial interface IBad<T> { Task AAsync(); }", "IBad", "generic" },
        { "TRPC0004", "public partial class Outer { [TunnelService] private partial interface IBad { Task AAsync(); } }", "IBad", "public or internal" },
        { "TRPC0005", "public interface IBase { } [TunnelService] public partial interface IBad : IBase { Task AAsync(); }", "IBad", "IBase" },
        { "TRPC0101", "[TunnelService] public partial interface IBad { int Property { get; } }", "Property", "Property" },
        { "TRPC0101", "[TunnelService] public partial interface IBad { event Action Happened; }", "Happened", "Happened" },
        { "TRPC0102", "[TunnelService] public partial interface IBad { Task AAsync<T>(int a); }", "AAsync", "generic" },
        { "TRPC0103", "[TunnelService] public partial interface IBad { int A(); }", "A", "returns 'int'" },
        { "TRPC0103", "[TunnelService] public partial interface IBad { void A(); }", "A", "returns 'void'" },
        { "TRPC0104", "[TunnelService] public partial interface IBad { Task AAsync(int a); Task AAsync(string a); }", "AAsync", "TunnelMethod" },
        { "TRPC0106", "[TunnelService] public partial interface IBad { [OneWay] Task<int> AAsync(); }", "AAsync", "one" },
        { "TRPC0106", "[TunnelService] public partial interface IBad { [OneWay] Task AAsync(IAsyncEnumerable<int> a); }", "AAsync", "stream" },
        { "TRPC0201", "[TunnelService] public partial interface IBad { Task AAsync(ref int a); }", "a", "ref" },
        { "TRPC0201", "[TunnelService] public partial interface IBad { Task AAsync(in int a); }", "a", "ref" },
        { "TRPC0202", "[TunnelService] public partial interface IBad { Task AAsync(CancellationToken a, CancellationToken b); }", "AAsync", "CancellationToken" },
        { "TRPC0203", "[TunnelService] public partial interface IBad { Task AAsync(IAsyncEnumerable<int> a, IAsyncEnumerable<int> b); }", "AAsync", "IAsyncEnumerable" },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task AAsync(object value); }", "value", "anything" },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task AAsync(dynamic value); }", "value", "anything" },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task AAsync(Action value); }", "value", "delegate" },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task AAsync(Span<int> value); }", "value", "memory" },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task AAsync(int[,] value); }", "value", "dimensions" },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task<System.IO.FileInfo> AAsync(); }", "AAsync", "platform" },
        { "TRPC0204", "public record Deep(Middle Middle); public record Middle(List<object> Things); [TunnelService] public partial interface IBad { Task AAsync(Deep deep); }", "deep", "deep.Middle.Things" },
        { "TRPC0204", "public abstract class Abstract; [TunnelService] public partial interface IBad { Task AAsync(Abstract value); }", "value", "TunnelUnion" },
        { "TRPC0204", "public class Closed { private Closed() { } } [TunnelService] public partial interface IBad { Task AAsync(Closed value); }", "value", "constructor" },
        { "TRPC0204", "public partial class Outer { private record Hidden(int A); [TunnelService] internal partial interface IBad { private protected record N; Task AAsync(N value); } }", "value", "accessible" },
        { "TRPC0205", "public class Twice { [TunnelMember(1)] public int A { get; set; } [TunnelMember(1)] public int B { get; set; } } [TunnelService] public partial interface IBad { Task AAsync(Twice value); }", "value", "1" },
        { "TRPC0206", "public class Negative { [TunnelMember(-2)] public int A { get; set; } } [TunnelService] public partial interface IBad { Task AAsync(Negative value); }", "value", "-2" },
        { "TRPC0207", "public class Mixed { [TunnelMember(0)] public int A { get; set; } public int B { get; set; } } [TunnelService] public partial interface IBad { Task AAsync(Mixed value); }", "value", "Mixed" },
        { "TRPC0208", "[TunnelUnion(0, typeof(string))] public abstract class Union; [TunnelService] public partial interface IBad { Task AAsync(Union value); }", "value", "string" },
        { "TRPC0208", "[TunnelUnion(0, typeof(A))][TunnelUnion(0, typeof(B))] public abstract record Union; public record A : Union; public record B : Union; [TunnelService] public partial interface IBad { Task AAsync(Union value); }", "value", "taken" },
        { "TRPC0301", "public interface INone { } [TunnelService(Callback = typeof(INone))] public partial interface IBad { Task AAsync(); }", "IBad", "INone" },
    };

    [Theory, MemberData(nameof(Broken))]
    public async Task A_broken_contract_is_an_error_at_its_place_and_is_not_generated(string id, string source, string place, string message)
    {
        Compilation compilation = Compilations.Create(Usings + source);

        ImmutableArray<Diagnostic> found = await AnalyzeAsync(compilation);

        Diagnostic problem = found.First(d => d.Id == id);
        problem.Severity.ShouldBe(DiagnosticSeverity.Error);
        problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture).ShouldContain(message);
        problem.Location.SourceTree!.GetText().ToString(problem.Location.SourceSpan).ShouldBe(place);
        Compilations.CreateDriver().RunGenerators(compilation).GetRunResult().Results.Single().GeneratedSources
            .ShouldNotContain(s => s.HintName.Contains("IBad"));
    }

    [Fact]
    public async Task Names_whose_numbers_collide_are_an_error()
    {
        (string one, string other) = Collision("IBad/");

        ImmutableArray<Diagnostic> found = await AnalyzeAsync(Compilations.Create(
            Usings + $"[TunnelService] public partial interface IBad {{ [TunnelMethod(Name = \"{one}\")] Task AAsync(); [TunnelMethod(Name = \"{other}\")] Task BAsync(); }}"));

        Diagnostic problem = found.Single(d => d.Id == "TRPC0105");
        problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture).ShouldContain(other);
    }

    [Fact]
    public async Task A_good_contract_has_no_problem_with_and_without_its_generated_part()
    {
        Compilation compilation = Compilations.Create(Usings + """
            [TunnelService(Callback = typeof(IBack))] public partial interface IGood
            {
                Task<List<Item?>> AAsync(Item item, int? maybe = null, CancellationToken cancellationToken = default);
                IAsyncEnumerable<ReadOnlyMemory<byte>> BAsync(IAsyncEnumerable<Item> items);
                [OneWay] ValueTask CAsync(Dictionary<string, (int, DateTimeOffset)> map);
            }

            [TunnelService] public partial interface IBack { Task AAsync(); }

            public sealed record Item(int Id, Item? Inner, Uri? Link, IReadOnlySet<Version> Versions);
            """);

        (await AnalyzeAsync(compilation)).ShouldBeEmpty();
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        (await AnalyzeAsync(output)).ShouldBeEmpty();
        output.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
    }

    [Fact]
    public void Every_rule_has_its_page_its_release_entry_and_its_test()
    {
        string releases = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "AnalyzerReleases.Unshipped.md"));
        HashSet<string> tested = [.. ((IEnumerable<object[]>)Broken).Select(row => (string)row[0]), "TRPC0105"];

        foreach (DiagnosticDescriptor rule in Rules.All)
        {
            string page = Path.Combine(AppContext.BaseDirectory, "diagnostics", rule.Id + ".md");
            File.Exists(page).ShouldBeTrue($"{rule.Id} has no page.");
            File.ReadAllText(page).ShouldStartWith($"# {rule.Id}: {rule.Title}");
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "diagnostics", "README.md")).ShouldContain(rule.Id);
            releases.ShouldContain(rule.Id);
            rule.HelpLinkUri.ShouldEndWith($"docs/diagnostics/{rule.Id}.md");
            tested.ShouldContain(rule.Id);
        }
    }

    private static Task<ImmutableArray<Diagnostic>> AnalyzeAsync(Compilation compilation) =>
        compilation.WithAnalyzers([new ContractAnalyzer()]).GetAnalyzerDiagnosticsAsync();

    /// <summary>Two names whose FNV-1a hashes behind the prefix are equal: by the birthday paradox, found among some 80,000.</summary>
    private static (string One, string Other) Collision(string prefix)
    {
        var seen = new Dictionary<uint, string>();
        for (int i = 0; ; i++)
        {
            string name = "M" + i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            uint id = TunnelMethod.ComputeId(prefix + name);
            if (seen.TryGetValue(id, out string? other))
            {
                return (other, name);
            }

            seen.Add(id, name);
        }
    }
}

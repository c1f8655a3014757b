using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Shouldly;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Tests.Locks;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Tests the id, the location and the message of each rule, and that the generator does not implement a contract for which the analyzer
/// reports an error.
/// </summary>
public sealed class AnalyzerTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Threading;
        using System.Threading.Tasks;
        using TunnelRpc;

        """;

    /// <summary>The attribute of the MessagePack package, which the compilations of these tests do not reference.</summary>
    private const string Union = "namespace MessagePack { [AttributeUsage(AttributeTargets.All, AllowMultiple = true)] "
        + "public sealed class UnionAttribute(int key, Type type) : Attribute { public int Key => key; public Type SubType => type; } } ";

    /// <summary>Invalid contracts: the expected id, the source, the text at the location, and a part of the message.</summary>
    public static TheoryData<string, string, string, string> InvalidContracts => new()
    {
        { "TRPC0001", "[TunnelService] public interface IBad { Task AAsync(); }", "IBad", "partial" },
        { "TRPC0002", "public class Outer { [TunnelService] public partial interface IBad { Task AAsync(); } }", "IBad", "Outer" },
        { "TRPC0003", "[TunnelService] public partial interface IBad<T> { Task AAsync(T value); }", "IBad", "generic" },
        {
            "TRPC0004",
            "public partial class Outer { [TunnelService] private partial interface IBad { Task AAsync(); } }",
            "IBad",
            "public or internal"
        },
        {
            "TRPC0005",
            "[TunnelService] public partial interface IBad : IDisposable { Task AAsync(); }",
            "IBad",
            "IDisposable': disposing is not a call"
        },
        {
            "TRPC0005",
            "[TunnelService] public partial interface IBad : IAsyncDisposable { Task AAsync(); }",
            "IBad",
            "IAsyncDisposable': disposing is not a call"
        },
        {
            "TRPC0005",
            "public interface IBase : IAsyncDisposable { } [TunnelService] public partial interface IBad : IBase { Task AAsync(); }",
            "IBad",
            "IAsyncDisposable"
        },
        { "TRPC0005", "[TunnelService] public partial interface IBad : IComparable<int> { Task AAsync(); }", "IBad", "platform" },
        { "TRPC0101", "[TunnelService] public partial interface IBad { int Property { get; } }", "Property", "Property" },
        { "TRPC0101", "[TunnelService] public partial interface IBad { event Action Happened; }", "Happened", "Happened" },
        { "TRPC0101", "[TunnelService] public partial interface IBad { protected Task AAsync(); }", "AAsync", "accessible" },
        {
            "TRPC0101",
            "public interface IBase { int Property { get; } } [TunnelService] public partial interface IBad : IBase { }",
            "IBad",
            "IBase.Property"
        },
        { "TRPC0102", "[TunnelService] public partial interface IBad { Task AAsync<T>(int a); }", "AAsync", "generic" },
        { "TRPC0103", "[TunnelService] public partial interface IBad { int A(); }", "A", "returns 'int'" },
        {
            "TRPC0103",
            "[TunnelService] public partial interface IBad { void A(); }",
            "A",
            "returns 'void'. Return Task, or ValueTask with [OneWay] if the caller need not wait for the call."
        },
        { "TRPC0103", "public interface IBase { int A(); } [TunnelService] public partial interface IBad : IBase { }", "IBad", "IBase.A" },
        {
            "TRPC0104",
            "public interface IBase { Task AAsync(); } [TunnelService] public partial interface IBad : IBase { new Task AAsync(); }",
            "IBad",
            "'AAsync' and 'IBase.AAsync'"
        },
        {
            "TRPC0104",
            "public interface IOne { Task AAsync(); } public interface ITwo { Task AAsync(); } "
                + "[TunnelService] public partial interface IBad : IOne, ITwo { }",
            "IBad",
            "'IOne.AAsync' and 'ITwo.AAsync'"
        },
        {
            "TRPC0104",
            "[TunnelService] public partial interface IBad { Task AAsync(int a); Task AAsync(string a); }",
            "AAsync",
            "TunnelMethod"
        },
        {
            "TRPC0104",
            "public interface IRepo<T> { Task<T> AAsync(); } [TunnelService] public partial interface IBad : IRepo<int>, IRepo<string> { }",
            "IBad",
            "a contract can inherit from 'IRepo' only once; declare a separate contract"
        },
        {
            "TRPC0107",
            "[TunnelService] public partial interface IBad { [Timeout(\"30 seconds\")] Task AAsync(); }",
            "AAsync",
            "30 seconds"
        },
        { "TRPC0107", "[TunnelService] public partial interface IBad { [Timeout(\"31.00:00:00\")] Task AAsync(); }", "AAsync", "30 days" },
        { "TRPC0107", "[TunnelService, Timeout(\"0s\")] public partial interface IBad { Task AAsync(); }", "AAsync", "0s" },
        {
            "TRPC0108",
            "public record A(int V); public record B(int V); "
                + "[TunnelService] public partial interface IBad "
                + "{ [TunnelFault(typeof(A), Name = \"n\"), TunnelFault(typeof(B), Name = \"n\")] Task AAsync(); }",
            "AAsync",
            "'n'"
        },
        {
            "TRPC0106",
            "[TunnelService] public partial interface IBad { [OneWay] Task<int> AAsync(); }",
            "AAsync",
            "'AAsync' returns 'Task<int>', but a one-way call has no reply: return Task or ValueTask, or remove [OneWay]"
        },
        {
            "TRPC0106",
            "[TunnelService] public partial interface IBad { [OneWay] Task<object> AAsync(); }",
            "AAsync",
            "'AAsync' returns 'Task<object>'"
        },
        {
            "TRPC0106",
            "[TunnelService] public partial interface IBad { [OneWay] IAsyncEnumerable<int> AAsync(); }",
            "AAsync",
            "'AAsync' returns 'IAsyncEnumerable<int>'"
        },
        {
            "TRPC0106",
            "[TunnelService] public partial interface IBad { [OneWay] Task AAsync(int b, IAsyncEnumerable<int> a); }",
            "a",
            "'AAsync' has the stream parameter 'a', which the callee could not stop: remove the parameter, or remove [OneWay]"
        },
        {
            "TRPC0106",
            "public interface IBase { [OneWay] Task AAsync(IObservable<int> a); } "
                + "[TunnelService] public partial interface IBad : IBase { }",
            "IBad",
            "'IBase.AAsync' has the stream parameter 'a'"
        },
        { "TRPC0201", "[TunnelService] public partial interface IBad { Task AAsync(ref int a); }", "a", "ref" },
        { "TRPC0201", "[TunnelService] public partial interface IBad { Task AAsync(in int a); }", "a", "ref" },
        {
            "TRPC0202",
            "[TunnelService] public partial interface IBad { Task AAsync(CancellationToken a, int c, CancellationToken b); }",
            "b",
            "more than one CancellationToken: remove 'b'"
        },
        {
            "TRPC0202",
            "public interface IBase { Task AAsync(CancellationToken a, CancellationToken b); } "
                + "[TunnelService] public partial interface IBad : IBase { }",
            "IBad",
            "remove 'b'"
        },
        {
            "TRPC0203",
            "[TunnelService] public partial interface IBad { Task AAsync(CancellationToken? token = null); }",
            "token",
            "The CancellationToken at 'token' cannot be sent"
        },
        {
            "TRPC0203",
            "public class Job { public CancellationToken Token { get; set; } } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Job job); }",
            "Token",
            "at 'job.Token' cannot be sent. Only a parameter of a method cancels its call, if it has exactly the type CancellationToken: "
                + "declare one, or exclude 'Job.Token' with [TunnelIgnore]"
        },
        {
            "TRPC0203",
            "[TunnelService] public partial interface IBad { Task<CancellationToken> AAsync(); }",
            "AAsync",
            "the result of AAsync"
        },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task AAsync(object value); }", "value", "a value of any type" },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task AAsync(dynamic value); }", "value", "a value of any type" },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task AAsync(Action value); }", "value", "delegate" },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task AAsync(Span<int> value); }", "value", "memory" },
        {
            "TRPC0204",
            "[TunnelService] public partial interface IBad { Task AAsync(int[,,,,] value); }",
            "value",
            "more than 4 dimensions"
        },
        { "TRPC0204", "[TunnelService] public partial interface IBad { Task<System.IO.FileInfo> AAsync(); }", "AAsync", "platform" },
        {
            "TRPC0204",
            "public record Deep(Middle Middle); public record Middle(List<object> Things); "
                + "[TunnelService] public partial interface IBad { Task AAsync(Deep deep); }",
            "Things",
            "deep.Middle.Things"
        },
        {
            "TRPC0204",
            "public class Deep { public Middle? Middle { get; set; } } public class Middle { public List<object>? Things { get; set; } } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Deep deep); }",
            "Things",
            "of the possible types, or exclude 'Middle.Things' with [TunnelIgnore]"
        },
        {
            "TRPC0204",
            "public class Closed { public Closed(int value, string text) { } } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Closed value); }",
            "value",
            "its constructor Closed.Closed(int, string) cannot be called by the receiver: the parameter 'value' has no default, and no public "
                + "member has its name and its type 'int'; add one, or give the parameter a default; the parameter 'text' has no default"
        },
        {
            "TRPC0204",
            "public class Closed { public Closed(int value) => Value = value; public long Value { get; } } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Closed value); }",
            "value",
            "the parameter 'value' has no default and the type 'int', but the member 'Value' has the type 'long'; use the same type"
        },
        {
            "TRPC0204",
            "public class Closed { public Closed(out int value) => value = 1; } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Closed value); }",
            "value",
            "the parameter 'value' is ref or out; give it by value or as in"
        },
        {
            "TRPC0204",
            "public class Closed { public Closed(int value, int other) => Value = value + other; public Closed(string text) { } "
                + "public int Value { get; } } [TunnelService] public partial interface IBad { Task AAsync(Closed value); }",
            "value",
            "its constructor Closed.Closed(string) cannot be called"
        },
        {
            "TRPC0204",
            "public abstract class Abstract; [TunnelService] public partial interface IBad { Task AAsync(Abstract value); }",
            "value",
            "TunnelUnion"
        },
        {
            "TRPC0204",
            "public class Closed { private Closed() { } } [TunnelService] public partial interface IBad { Task AAsync(Closed value); }",
            "value",
            "constructor"
        },
        {
            "TRPC0204",
            "public partial class Outer { private record Hidden(int A); "
                + "[TunnelService] internal partial interface IBad { private protected record N; Task AAsync(N value); } }",
            "value",
            "accessible"
        },
        {
            "TRPC0204",
            "public interface IBase { Task AAsync(object value); } [TunnelService] public partial interface IBad : IBase { }",
            "IBad",
            "value of IBase.AAsync"
        },
        {
            "TRPC0205",
            "public class Twice { [TunnelMember(1)] public int A { get; set; } [TunnelMember(1)] public int B { get; set; } } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Twice value); }",
            "B",
            "1"
        },
        {
            "TRPC0205",
            "public class Twice { [TunnelMember(\"B\")] public int A { get; set; } public int B { get; set; } } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Twice value); }",
            "B",
            "the key B more than once"
        },
        {
            "TRPC0206",
            "public class Negative { [TunnelMember(-2)] public int A { get; set; } } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Negative value); }",
            "A",
            "-2"
        },
        {
            "TRPC0207",
            "public class Mixed { [TunnelMember(0)] public int A { get; set; } public int B { get; set; } } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Mixed value); }",
            "B",
            "Mixed"
        },
        {
            "TRPC0208",
            "[TunnelUnion(0, typeof(string))] public abstract class Union; "
                + "[TunnelService] public partial interface IBad { Task AAsync(Union value); }",
            "value",
            "string"
        },
        {
            "TRPC0208",
            "[TunnelUnion(0, typeof(A))][TunnelUnion(0, typeof(B))] public abstract record Union; public record A : Union; "
                + "public record B : Union; [TunnelService] public partial interface IBad { Task AAsync(Union value); }",
            "value",
            "the tag 0 is already used by A"
        },
        {
            "TRPC0208",
            "[TunnelUnion(0, typeof(A))][TunnelUnion(1, typeof(A))] public abstract record Union; public record A : Union; "
                + "[TunnelService] public partial interface IBad { Task AAsync(Union value); }",
            "value",
            "already has the tag 0"
        },
        {
            "TRPC0208",
            Union + "[TunnelUnion(0, typeof(A))][MessagePack.Union(0, typeof(B))] public abstract record Union; "
                + "public record A : Union; public record B : Union; "
                + "[TunnelService] public partial interface IBad { Task AAsync(Union value); }",
            "value",
            "the tag 0 is already used by A"
        },
        {
            "TRPC0208",
            Union + "[TunnelUnion(0, typeof(A))][MessagePack.Union(1, typeof(A))] public abstract record Union; "
                + "public record A : Union; [TunnelService] public partial interface IBad { Task AAsync(Union value); }",
            "value",
            "already has the tag 0"
        },
        {
            "TRPC0210",
            "public class Kept { [TunnelIgnore] public required int A { get; set; } } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Kept value); }",
            "value",
            "'Kept' cannot be created without 'A', which is not serialized: it is required"
        },
        {
            "TRPC0210",
            "internal class Kept { internal required int A { get; set; } } "
                + "[TunnelService] internal partial interface IBad { Task AAsync(Kept value); }",
            "value",
            "'A', which is not serialized: it is required"
        },
        {
            "TRPC0210",
            "public record Kept(int A, [property: TunnelIgnore] int B); "
                + "[TunnelService] public partial interface IBad { Task AAsync(Kept value); }",
            "value",
            "'B', which is not serialized: a constructor requires it"
        },
        {
            "TRPC0214",
            "public class Selfy<T> { public Selfy<List<T>>? Next { get; set; } } "
                + "[TunnelService] public partial interface IBad { Task AAsync(Selfy<int> value); }",
            "Next",
            "'value' cannot be serialized: 'Selfy<T>' contains itself with ever larger type arguments"
        },
        {
            "TRPC0301",
            "public interface INone { } [TunnelService(Callback = typeof(INone))] public partial interface IBad { Task AAsync(); }",
            "IBad",
            "INone"
        },
    };

    [Theory, MemberData(nameof(InvalidContracts))]
    public async Task Invalid_contract_reports_error_at_location_and_is_not_generated(
        string id, string source, string place, string message)
    {
        Compilation compilation = Compilations.Create(Usings + source);

        ImmutableArray<Diagnostic> found = await Compilations.AnalyzeAsync(compilation);

        Diagnostic problem = found.First(d => d.Id == id);
        problem.Severity.ShouldBe(DiagnosticSeverity.Error);
        problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture).ShouldContain(message);
        problem.Location.SourceTree!.GetText().ToString(problem.Location.SourceSpan).ShouldBe(place);
        found.Where(d => d.Id == id).Select(d => d.GetMessage(System.Globalization.CultureInfo.InvariantCulture)).ShouldBeUnique();
        GeneratorDriverRunResult result = Compilations.CreateDriver().RunGenerators(compilation).GetRunResult();
        result.Diagnostics.Select(d => d.Id).ShouldBe(["TRPC0000"]);
        foreach (GeneratedSourceResult generated in result.Results.Single().GeneratedSources)
        {
            generated.HintName.ShouldContain("IBad");
            generated.SourceText.ToString().ShouldContain("throw new global::System.NotSupportedException");
            generated.SourceText.ToString().ShouldNotContain("internal static class");
        }
    }

    [Fact]
    public async Task Invalid_contract_causes_no_further_errors_in_code_that_uses_it()
    {
        Compilation compilation = Compilations.Create(Usings + """
            [TunnelService] public partial interface IBad { Task AAsync(object value); }

            public static class User
            {
                public static TunnelServiceDefinition<T> Use<T>() where T : class, ITunnelService<T> => T.TunnelDefinition;

                public static object Bad() => Use<IBad>();
            }
            """);

        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);

        output.GetDiagnostics().Where(d => d.Severity != DiagnosticSeverity.Hidden).ShouldBeEmpty();
        (await Compilations.AnalyzeAsync(output)).Select(d => d.Id).ShouldBe(["TRPC0204"]);
    }

    [Theory]
    [InlineData("#pragma warning disable\n")]
    [InlineData("#pragma warning disable TRPC0000, TRPC0204\n")]
    [InlineData("// <auto-generated/>\n#nullable enable\n")]
    public void Error_of_a_contract_cannot_be_suppressed(string header)
    {
        Compilation compilation = Compilations.Create(
            header + Usings + "[TunnelService] public partial interface IBad { Task AAsync(object value); }");
        compilation = compilation.WithOptions(compilation.Options.WithSpecificDiagnosticOptions(
            [new("TRPC0000", ReportDiagnostic.Suppress), new("TRPC0204", ReportDiagnostic.Suppress)]));

        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out _, out ImmutableArray<Diagnostic> found);

        Diagnostic error = CompilationWithAnalyzers.GetEffectiveDiagnostics(found, compilation).ShouldHaveSingleItem();
        (error.Id, error.Severity, error.IsSuppressed).ShouldBe(("TRPC0000", DiagnosticSeverity.Error, false));
        error.GetMessage(System.Globalization.CultureInfo.InvariantCulture).ShouldStartWith(
            "The contract 'IBad' is not generated: TRPC0204: 'value' cannot be serialized: it can contain a value of any type");
        error.Location.GetLineSpan().Path.ShouldBe("Source0.cs");
    }

    [Fact]
    public async Task Services_with_same_name_report_error_at_later_service()
    {
        Compilation compilation = Compilations.Create(Usings + """
            [TunnelService(Name = "one")] public partial interface IFirst { Task AAsync(); }
            [TunnelService(Name = "two")] public partial interface IOther { Task AAsync(); }
            [TunnelService(Name = "one")] public partial interface ILater { Task BAsync(); }
            [TunnelService] public partial interface ITwo { Task BAsync(); }
            """);

        Diagnostic problem = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem();

        problem.Id.ShouldBe("TRPC0006");
        problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture)
            .ShouldContain("'IFirst' and 'ILater' have the same name 'one'");
        problem.Location.SourceTree!.GetText().ToString(problem.Location.SourceSpan).ShouldBe("ILater");
    }

    [Fact]
    public async Task Methods_with_colliding_ids_report_error()
    {
        (string one, string other) = FindCollision("IBad/");

        ImmutableArray<Diagnostic> found = await Compilations.AnalyzeAsync(Compilations.Create(
            Usings + "[TunnelService] public partial interface IBad "
                + $"{{ [TunnelMethod(Name = \"{one}\")] Task AAsync(); [TunnelMethod(Name = \"{other}\")] Task BAsync(); }}"));

        Diagnostic problem = found.Single(d => d.Id == "TRPC0105");
        problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture).ShouldContain(other);
    }

    [Fact]
    public async Task Valid_contract_reports_nothing_with_and_without_generated_part()
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

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        (await Compilations.AnalyzeAsync(output)).ShouldBeEmpty();
        output.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
    }

    [Fact]
    public void Every_rule_has_page_release_entry_and_test()
    {
        string releases = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "AnalyzerReleases.Unshipped.md"));
        HashSet<string> tested =
        [
            .. ((IEnumerable<object[]>)InvalidContracts).Select(row => (string)row[0]),
            .. ((IEnumerable<object[]>)StateTests.LostState).Select(row => (string)row[0]),
            .. ((IEnumerable<object[]>)FormatterAttributeTests.Invalid).Select(row => (string)row[0]),
            .. ((IEnumerable<object[]>)AuthorizationAnalyzerTests.Violations).Select(row => (string)row[0]),
            "TRPC0000",
            "TRPC0105",
            "TRPC0006",
            "TRPC0222",
            "TRPC0401",
            .. ((IEnumerable<object[]>)LockAnalyzerTests.Violations).Select(row => (string)row[0]),
            "TRPC0600",

            // MarksAndExclusionsTests.
            "TRPC0217",

            // Tests of the folder Analyzers.
            "TRPC0215",
            "TRPC0216",
            "TRPC0402",
            "TRPC0503",
            "TRPC0701",
            "TRPC0702",
        ];

        foreach (DiagnosticDescriptor rule in Rules.All.Add(Rules.NotGenerated).AddRange(LockRules.All))
        {
            string page = Path.Combine(AppContext.BaseDirectory, "diagnostics", rule.Id + ".md");
            File.Exists(page).ShouldBeTrue($"{rule.Id} has no page.");
            File.ReadAllText(page).ShouldStartWith($"# {rule.Id}: {rule.Title}");
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "diagnostics", "README.md")).ShouldContain(rule.Id);
            rule.HelpLinkUri.ShouldBeEmpty("a compiled analyzer does not know the address of the pages");
            rule.Description.ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldContain($"docs/diagnostics/{rule.Id}.md");
            releases.ShouldContain($"{rule.Id} | TunnelRpc | {rule.DefaultSeverity} | {rule.Title}");
            tested.ShouldContain(rule.Id);
        }
    }

    /// <summary>
    /// Returns two names that, after the prefix, have equal FNV-1a hashes. By the birthday paradox, about 80,000 names are sufficient.
    /// </summary>
    private static (string One, string Other) FindCollision(string prefix)
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

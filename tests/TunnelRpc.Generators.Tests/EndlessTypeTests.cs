using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Shouldly;
using TunnelRpc.Generators.Parsing;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Tests that a generic type that contains itself with ever larger type arguments is an error, which is found after few steps, and that
/// types that only contain themselves are not.
/// </summary>
public sealed class EndlessTypeTests
{
    private const string Usings = "using System; using System.Collections.Generic; using System.Threading.Tasks; using TunnelRpc;\n";
    private const string Contract = "[TunnelService] public partial interface IBad { Task A(Start start); Task B(Start start); } ";

    /// <summary>The largest number of types that the parser may look at. Without a limit the number has no bound.</summary>
    private const int MaxSteps = 5000;

    /// <summary>Endless types: the text at the place, the type in the message, and the source.</summary>
    public static TheoryData<string, string, string> Endless => new()
    {
        {
            "Next",
            "Selfy<T>",
            "public class Start { public Selfy<int>? S { get; set; } } public class Selfy<T> { public Selfy<List<T>>? Next { get; "
                + "set; } }"
        },
        {
            "Next",
            "Selfy<T>",
            "public class Start { public Selfy<int>? S { get; set; } } public class Selfy<T> { public Selfy<T[]>? Next { get; "
                + "set; } }"
        },
        {
            "Next",
            "Selfy<T>",
            "public class Start { public Selfy<int>? S { get; set; } } public class Selfy<T> { public Selfy<(T, T, T, T, T, T, "
                + "T)>? Next { get; set; } }"
        },
        {
            "Next",
            "Selfy<T>",
            "public class Start { public Selfy<int>? S { get; set; } } public class Selfy<T> { public "
                + "Selfy<Dictionary<string, T>>? Next { get; set; } }"
        },
        {
            "Next",
            "Selfy<T>",
            "public class Start { public Selfy<int>? S { get; set; } } public class Selfy<T> { public List<Selfy<Selfy<T>>>? "
                + "Next { get; set; } public Selfy<T[]>? Other { get; set; } }"
        },
        {
            "Next",
            "Selfy<T>",
            "public class Start { public Selfy<int>? S { get; set; } } public class Selfy<T> { public Dictionary<string, "
                + "Selfy<T?[]>>? Next { get; set; } public Selfy<List<T>>? Other { get; set; } }"
        },
        {
            "A",
            "Two<T>",
            "public class Start { public One<int>? S { get; set; } } public class One<T> { public Two<List<T>>? A { get; set; "
                + "} } public class Two<T> { public One<T>? B { get; set; } }"
        },
        {
            "C",
            "One<T1, T2>",
            "public class Start { public One<int, string>? S { get; set; } } public class One<T1, T2> { public One<T2, T1>? A "
                + "{ get; set; } public One<T1, T2>? B { get; set; } public One<T2[], T1>? C { get; set; } }"
        },
        {
            "Next",
            "Selfy<T>.Inner",
            "public class Start { public Selfy<int>.Inner? S { get; set; } } public static class Selfy<T> { public class "
                + "Inner { public Selfy<List<T>>.Inner? Next { get; set; } } }"
        },
        {
            "Next",
            "Selfy<T>",
            "[TunnelUnion(0, typeof(Case))] public abstract record Start; public sealed record Case(Selfy<int> S) : Start; "
                + "public sealed record Selfy<T>(Selfy<List<T>>? Next);"
        },
        {
            "Next",
            "Selfy<T>",
            "[TunnelUnion(0, typeof(Selfy<int>))] public abstract record Start; public sealed record Selfy<T> : Start { "
                + "public Selfy<List<T>>? Next { get; init; } }"
        },
        {
            "Next",
            "Selfy<T>",
            "public struct Start { public Selfy<int>? S { get; set; } } public record struct Selfy<T> { public "
                + "List<Selfy<Start?[]>>? Back { get; set; } public List<Selfy<T?[]>>? Next { get; set; } }"
        },
    };

    [Theory, MemberData(nameof(Endless))]
    public async Task Endless_type_is_an_error_at_its_member(string place, string type, string source)
    {
        Compilation compilation = Compilations.Create(Usings + Contract + source);

        ImmutableArray<Diagnostic> found = await Compilations.AnalyzeAsync(compilation);

        Diagnostic error = found.ShouldHaveSingleItem();
        error.Id.ShouldBe("TRPC0214");
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain($"'start' cannot be serialized: '{type}' contains itself");
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe(place);
        CompiledCode.GetErrors(compilation).ShouldBeEmpty();
        CountSteps(compilation).ShouldBeLessThan(MaxSteps);
    }

    [Theory]
    [InlineData("public class Start { public Selfy<int>? S { get; set; } } public class Selfy<T> { public Selfy<T>? Next { get; set; } "
        + "public Selfy<string>? Other { get; set; } }")]
    [InlineData("public class Start { public Wrap<Inner>? S { get; set; } } public class Inner { public Wrap<List<List<int[]>>>? Deep { "
        + "get; set; } } public class Wrap<T> { public T? V { get; set; } }")]
    [InlineData("public class Start { public Wrap<Wrap<Wrap<Wrap<Start>>>>? S { get; set; } } public class Wrap<T> { public T? V { get; "
        + "set; } }")]
    [InlineData("public class Start { public One<int, Guid, string, bool>? S { get; set; } } public class One<T1, T2, T3, T4> { public "
        + "One<T2, T3, T4, T1>? A { get; set; } public One<T2, T1, T3, T4>? B { get; set; } }")]
    [InlineData("public class Start { public Selfy<int>? S { get; set; } } public class Selfy<T> { public T? V { get; set; } public "
        + "Selfy<List<T>> AsList() => new(); [TunnelIgnore] public Selfy<T[]>? Ignored { get; set; } }")]
    [InlineData("public class Start { public Selfy<int>? S { get; set; } } public class Selfy<T> { public T? V { get; set; } public "
        + "Selfy<List<T>> Computed => new(); }")]
    public async Task Type_with_a_finite_number_of_constructions_is_no_error(string source)
    {
        Compilation compilation = Compilations.Create(Usings + Contract + source);

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        CompiledCode.GetErrors(compilation).ShouldBeEmpty();
        CountSteps(compilation).ShouldBeLessThan(MaxSteps);
    }

    private static int CountSteps(Compilation compilation)
    {
        var parser = new ContractParser(compilation, null, CancellationToken.None);
        parser.Parse(compilation.GetTypeByMetadataName("IBad")!);
        return parser.Steps;
    }
}

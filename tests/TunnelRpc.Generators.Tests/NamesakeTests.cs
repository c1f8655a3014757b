using Microsoft.CodeAnalysis;
using Shouldly;
using TunnelRpc.Generators.Emission;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Tests that types of an application in namespaces of the platform are types of the application, also those with the names of types that
/// have a built-in formatter.
/// </summary>
public sealed class NamesakeTests
{
    private const string Usings = "using System.Threading.Tasks; using TunnelRpc;\n";

    private const string Types = """
        namespace System { public sealed record Money(decimal Amount, string Currency); }
        namespace System.Collections.Frozen { public sealed record FrozenThing<T>(T Value); }
        namespace System.Net.Acme { public sealed class Host { public string Name { get; set; } = ""; } }
        """;

    private const string Contract = Usings + """
        [TunnelService] public partial interface IA
        {
            Task<System.Money> AAsync(System.Collections.Frozen.FrozenThing<int> thing, System.Net.Acme.Host[] hosts);
        }
        """;

    [Fact]
    public async Task Type_of_the_contracts_assembly_is_serialized()
    {
        Compilation compilation = Compilations.Create(Contract, Types);

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        GeneratedFiles(compilation).ShouldContain("System.Money.Formatter.g.cs");
        CompiledCode.GetErrors(compilation).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Type_of_another_assembly_is_serialized(bool referenceAssembly)
    {
        Compilation other = Compilations.Create(Types).WithAssemblyName("Other");
        Compilation compilation = Compilations.Create(Contract)
            .AddReferences(referenceAssembly ? Compilations.EmitReference(other) : Compilations.Emit(other));

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        GeneratedFiles(compilation).ShouldContain("System.Money.Formatter.g.cs");
        CompiledCode.GetErrors(compilation).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("namespace System { public sealed record Version(int A); }", "System.Version")]
    [InlineData("namespace System.Net { public sealed record IPAddress(int A); }", "System.Net.IPAddress")]
    [InlineData(
        "namespace System.Collections.Generic { public sealed record PriorityQueue<T1, T2>(T1 A, T2 B); }",
        "System.Collections.Generic.PriorityQueue<int, int>")]
    [InlineData("namespace System { public sealed record Tuple<T1>(T1 A); }", "System.Tuple<int>")]
    public void Type_with_the_name_of_a_type_with_built_in_formatter_gets_a_generated_formatter(string type, string name)
    {
        Compilation compilation =
            Compilations.Create(Usings + $"[TunnelService] public partial interface IA {{ Task AAsync({name} a); }}", type);

        GeneratedFiles(compilation).Count.ShouldBe(2);
        CompiledCode.GetErrors(compilation).Where(e => !e.Contains("CS0436", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task State_of_a_namesake_is_checked()
    {
        const string Type =
            "namespace System { public sealed class Secret(int a) { private readonly int _a = a; public int B() => _a; } }";
        Compilation compilation = Compilations.Create(
            Usings + "[TunnelService] public partial interface IA { Task AAsync(System.Secret a); }", Type);

        (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem().Id.ShouldStartWith("TRPC02");
    }

    [Fact]
    public async Task Type_of_the_platform_without_formatter_is_an_error()
    {
        Compilation compilation = Compilations.Create(
            Usings + "[TunnelService] public partial interface IA { Task AAsync(System.IO.FileInfo a, System.Exception b, System.Type c); }");

        (await Compilations.AnalyzeAsync(compilation)).Select(d => d.Id).ShouldBe(["TRPC0204", "TRPC0204", "TRPC0204"]);
    }

    private static List<string> GeneratedFiles(Compilation compilation) =>
    [
        .. Compilations.CreateDriver().RunGenerators(compilation).GetRunResult().Results.Single()
            .GeneratedSources.Select(s => s.HintName).Where(n => n != FactsEmitter.FileName),
    ];
}

using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Tests that types of other assemblies that generated code cannot name are errors: types that only another alias than global finds, and
/// types whose full name means another type.
/// </summary>
public sealed class ForeignTypeTests
{
    private const string Usings = "using System.Threading.Tasks; using TunnelRpc;\n";

    private const string Types = """
        namespace Acme.Types
        {
            public sealed record Data(int A);
            public interface IBase { System.Threading.Tasks.Task A(); }
            public enum Kind { None }
        }
        """;

    [Theory]
    [InlineData("Task M(Types::Acme.Types.Data a);", "a", "TRPC0204")]
    [InlineData("Task M(Types::Acme.Types.Kind a);", "a", "TRPC0204")]
    [InlineData("Task M(System.Collections.Generic.List<Types::Acme.Types.Data> a);", "a", "TRPC0204")]
    [InlineData("Task M(System.Tuple<int, Types::Acme.Types.Data> a);", "a", "TRPC0204")]
    [InlineData("Task M(Own a); } public sealed record Own(Types::Acme.Types.Data[] D) {", "D", "TRPC0204")]
    [InlineData("} [TunnelService] public partial interface IBad : Types::Acme.Types.IBase { Task M();", "IBad", "TRPC0005")]
    public async Task Type_that_only_another_alias_finds_is_an_error(string members, string place, string id)
    {
        Compilation compilation = Create("extern alias Types;\n" + Usings + $"[TunnelService] public partial interface IA {{ {members} }}")
            .AddReferences(Reference().WithAliases(["Types"]));

        Diagnostic error = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem();

        error.Id.ShouldBe(id);
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain("add 'global' to the aliases of the reference");
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe(place);
        CompiledCode.GetErrors(compilation).ShouldBeEmpty();
    }

    [Fact]
    public async Task Type_with_the_alias_global_and_another_is_no_error()
    {
        Compilation compilation = Create(
            "extern alias Types;\n" + Usings
            + "[TunnelService] public partial interface IA : Types::Acme.Types.IBase { Task M(Types::Acme.Types.Data a); }")
            .AddReferences(Reference().WithAliases(["Types", "global"]));

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        CompiledCode.GetErrors(compilation).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "Types and Other both have it")]
    [InlineData("namespace Acme.Types { public sealed record Data(string B); }", "the contract's assembly has it, too")]
    public async Task Type_whose_name_means_another_type_is_an_error(string own, string what)
    {
        MetadataReference user = Compilations.Emit(
            Create("public sealed record User(Acme.Types.Data D);").WithAssemblyName("User").AddReferences(Reference()));
        Compilation compilation = Create(Usings + "[TunnelService] public partial interface IA { Task M(User a); } " + own)
            .AddReferences(user, Reference(), Reference("Other").WithAliases(own.Length == 0 ? ["global"] : ["Other"]));

        Diagnostic error = (await Compilations.AnalyzeAsync(compilation)).ShouldHaveSingleItem(what);

        error.Id.ShouldBe("TRPC0204");
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain("has a type of the same name");
        CompiledCode.GetErrors(compilation).ShouldBeEmpty();
    }

    [Fact]
    public async Task Internal_type_of_the_same_name_in_another_assembly_is_no_error()
    {
        MetadataReference other = Compilations.Emit(Create(Types.Replace("public", "internal")).WithAssemblyName("Other"));
        Compilation compilation = Create(Usings + "[TunnelService] public partial interface IA { Task M(Acme.Types.Data a); }")
            .AddReferences(Reference(), other);

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        CompiledCode.GetErrors(compilation).ShouldBeEmpty();
    }

    private static MetadataReference Reference(string assembly = "Types") =>
        Compilations.Emit(Create(Types).WithAssemblyName(assembly));

    private static CSharpCompilation Create(string source) => Compilations.Create(source);
}

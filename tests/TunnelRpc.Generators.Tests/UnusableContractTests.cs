using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Tests that a contract that cannot be generated has one error at its place, and that generated code causes no other.</summary>
public sealed class UnusableContractTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Runtime.InteropServices;
        using System.Threading;
        using System.Threading.Tasks;
        using TunnelRpc;

        """;

    /// <summary>Contracts that cannot be generated: the id, the text at the place, a part of the message, and the source.</summary>
    public static TheoryData<string, string, string, string> Invalid => new()
    {
        { "TRPC0101", "Make", "'Make'", "[TunnelService] public partial interface IBad { static abstract Task Make(); Task A(); }" },
        { "TRPC0101", "Count", "'Count'", "[TunnelService] public partial interface IBad { static abstract int Count { get; set; } }" },
        { "TRPC0101", "E", "'E'", "[TunnelService] public partial interface IBad { static abstract event Action E; }" },
        {
            "TRPC0101",
            "+",
            "op_Addition",
            "[TunnelService] public partial interface IBad { static abstract IBad operator +(IBad a, IBad b); }"
        },
        {
            "TRPC0101",
            "IBad",
            "IBase.Make",
            "public interface IBase { static abstract Task Make(); } [TunnelService] public partial interface IBad : IBase { Task "
                + "A(); }"
        },
        { "TRPC0101", "this", "this[]", "[TunnelService] public partial interface IBad { int this[int i] { get; } }" },
        {
            "TRPC0101",
            "TunnelDefinitions",
            "TunnelDefinitions",
            "[TunnelService] public partial interface IBad { int TunnelDefinitions { get; } }"
        },
        { "TRPC0101", "A", "'A'", "[TunnelService] public partial interface IBad { private protected Task A(); }" },
        { "TRPC0102", "A", "'A'", "[TunnelService] public partial interface IBad { Task<T> A<T>(T a) where T : class; }" },
        { "TRPC0201", "a", "'a'", "[TunnelService] public partial interface IBad { Task A(out int a); }" },
        { "TRPC0201", "a", "'a'", "[TunnelService] public partial interface IBad { Task A(ref readonly int a); }" },
        { "TRPC0103", "A", "ref System.Threading.Tasks.Task<int>", "[TunnelService] public partial interface IBad { ref Task<int> A(); }" },
        { "TRPC0103", "A", "ref int", "[TunnelService] public partial interface IBad { ref int A(); }" },
        { "TRPC0204", "a", "memory", "[TunnelService] public partial interface IBad { unsafe Task A(int* a); }" },
        { "TRPC0204", "a", "memory", "[TunnelService] public partial interface IBad { unsafe Task A(delegate*<int, void> a); }" },
        {
            "TRPC0204",
            "a",
            "memory",
            "public ref struct R { public int V; } [TunnelService] public partial interface IBad { Task A(R a); }"
        },
        {
            "TRPC0204",
            "a",
            "memory",
            "[TunnelService] public partial interface IBad { Task A(scoped R a); } public ref struct R { public int V; }"
        },
        { "TRPC0003", "IBad", "generic", "public partial class Outer<T> { [TunnelService] public partial interface IBad { Task A(); } }" },
        { "TRPC0004", "IBad", "public or internal", "[TunnelService] file partial interface IBad { Task A(); }" },
        {
            "TRPC0004",
            "IBad",
            "public or internal",
            "file partial class Outer { [TunnelService] public partial interface IBad { Task A(); } }"
        },
        {
            "TRPC0004",
            "IBad",
            "public or internal",
            "public partial class Outer { [TunnelService] private protected partial interface IBad { Task A(); } }"
        },
        {
            "TRPC0204",
            "a",
            "a.Case' cannot be serialized: it is file-local",
            "[TunnelUnion(0, typeof(Case))] public abstract record U; file sealed record Case(int V) : U; [TunnelService] public "
                + "partial interface IBad { Task A(U a); }"
        },
        {
            "TRPC0204",
            "a",
            "file-local",
            "[TunnelUnion(0, typeof(Outer.Case))] public abstract record U; file static class Outer { public sealed record "
                + "Case(int V) : U; } [TunnelService] public partial interface IBad { Task A(U a); }"
        },
        {
            "TRPC0204",
            "a",
            "not accessible",
            "[TunnelUnion(0, typeof(Case))] public abstract record U { private sealed record Case(int V) : U; } [TunnelService] "
                + "public partial interface IBad { Task A(U a); }"
        },
        {
            "TRPC0204",
            "A",
            "file-local",
            "file sealed record Hidden(int V); [TunnelService] public partial interface IBad { [TunnelFault(typeof(Hidden))] Task "
                + "A(); }"
        },
        {
            "TRPC0204",
            "A",
            "its type argument is",
            "file sealed record Hidden(int V); public sealed record Box<T>(int V); [TunnelService] public partial interface IBad "
                + "{ [TunnelFault(typeof(Box<Hidden>))] Task A(); }"
        },
        {
            "TRPC0204",
            "A",
            "its elements are",
            "file sealed record Hidden(int V); public sealed record Box<T>(int V); [TunnelService] public partial interface IBad "
                + "{ [TunnelFault(typeof(Box<Hidden[]>))] Task A(); }"
        },
        {
            "TRPC0204",
            "A",
            "file-local",
            "file enum Hidden { None } [TunnelService] public partial interface IBad { [TunnelFault(typeof(List<Hidden>))] Task "
                + "A(); }"
        },
        {
            "TRPC0204",
            "A",
            "file-local",
            "file sealed record Box<T>(int V) { public enum Kind { None } } [TunnelService] public partial interface IBad { "
                + "[TunnelFault(typeof(Box<int>.Kind))] Task A(); }"
        },
        {
            "TRPC0204",
            "A",
            "file-local",
            "file interface IHidden { } [TunnelService] public partial interface IBad { [TunnelFault(typeof(IHidden))] Task A(); }"
        },
        {
            "TRPC0204",
            "A",
            "no type arguments",
            "public sealed record Box<T>(int V); [TunnelService] public partial interface IBad { [TunnelFault(typeof(Box<>))] "
                + "Task A(); }"
        },
        {
            "TRPC0204",
            "A",
            "no type arguments",
            "[TunnelService] public partial interface IBad { [TunnelFault(typeof(List<>))] Task A(); }"
        },
        {
            "TRPC0204",
            "a",
            "its type argument is dynamic",
            "public sealed record Box<T>(int V); [TunnelService] public partial interface IBad { Task A(Box<dynamic> a); }"
        },
        {
            "TRPC0204",
            "a",
            "memory",
            "public sealed record Box<T>(int V); [TunnelService] public partial interface IBad { unsafe Task A(Box<int*[]> a); }"
        },
        { "TRPC0204", "a", "memory", "[TunnelService] public partial interface IBad { unsafe Task A(List<int*[]> a); }" },
        { "TRPC0204", "A", "platform", "[TunnelService] public partial interface IBad { [TunnelFault(typeof(void))] Task A(); }" },
        { "TRPC0204", "A", "platform", "[TunnelService] public partial interface IBad { Task<Task<int>> A(); }" },
        { "TRPC0203", "a", "exactly the type CancellationToken: declare one", "[TunnelService] public partial interface IBad { Task A(CancellationToken? a); }" },
        { "TRPC0201", "A", "__arglist", "[TunnelService] public partial interface IBad { Task A(__arglist); }" },
        {
            "TRPC0301",
            "IBad",
            "'INone<>'",
            "public interface INone<T> { } [TunnelService(Callback = typeof(INone<>))] public partial interface IBad { Task A(); }"
        },
        {
            "TRPC0208",
            "a",
            "no type arguments",
            "[TunnelUnion(0, typeof(Case<>))] public abstract record U; public record Case<T>(T V) : U; [TunnelService] public "
                + "partial interface IBad { Task A(U a); }"
        },
    };

    [Theory, MemberData(nameof(Invalid))]
    public async Task Invalid_contract_has_an_error_at_its_place_and_no_other(string id, string place, string message, string source)
    {
        CSharpCompilation compilation = Compilations.Create(Usings + source);
        compilation = compilation.WithOptions(compilation.Options.WithAllowUnsafe(true));

        ImmutableArray<Diagnostic> found = await Compilations.AnalyzeAsync(compilation);

        Diagnostic error = found.ShouldHaveSingleItem();
        error.Id.ShouldBe(id);
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain(message);
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe(place);
        CompiledCode.GetErrors(compilation).ShouldBeEmpty(source);
        Compilations.CreateDriver().RunGenerators(compilation).GetRunResult().Diagnostics.Select(d => d.Id).ShouldBe(["TRPC0000"]);
    }
}

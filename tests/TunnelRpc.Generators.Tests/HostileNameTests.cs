using Microsoft.CodeAnalysis.CSharp;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Tests that no name in a contract collides with a name in its generated code.</summary>
public sealed class HostileNameTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Runtime.InteropServices;
        using System.Threading;
        using System.Threading.Tasks;
        using TunnelRpc;

        """;

    /// <summary>Contracts whose names occur in generated code: what they contain, and the source.</summary>
    public static TheoryData<string, string> Names => new()
    {
        {
            "a parameter named like the struct of the arguments",
            "[TunnelService] public partial interface IA { Task Parse(string[] ParseArguments); }"
        },
        {
            "parameters named like generated types",
            "[TunnelService] public partial interface IA { Task Parse(int ParseFormatter, int ParseMethod, int Stub, int "
                + "Definition, int IAContract, int Argument0, "
                + "int p0, int Formatter0, int TunnelRpc, int System); }"
        },
        {
            "parameters named like members of every struct",
            "[TunnelService] public partial interface IA { Task A(int Equals, int GetHashCode, int ToString, int GetType, int "
                + "MemberwiseClone, int Finalize, "
                + "int ReferenceEquals); }"
        },
        {
            "parameters named like members of the generated types",
            "[TunnelService] public partial interface IA { Task A(int _peer, int _invoker, int Item, int Get, int With, int "
                + "Names, int Instance, int Write, int Read, "
                + "int @this, int index, int value, int @class, int Arguments); }"
        },
        {
            "a parameter named like its method",
            "[TunnelService] public partial interface IA { Task Run(int Run); Task run(int Run, int run); }"
        },
        { "a parameter named like the contract", "[TunnelService] public partial interface IA { Task A(int IA); }" },
        { "parameters that differ in case", "[TunnelService] public partial interface IA { Task A(int a, int A, int b, int B); }" },
        {
            "a discard as a parameter",
            "[TunnelService] public partial interface IA { Task A(int _); Task B(IAsyncEnumerable<int> _, CancellationToken __ = "
                + "default); }"
        },
        {
            "methods named like members of every object",
            "[TunnelService] public partial interface IA { Task Equals(int other); Task<int> GetHashCode(int a); Task "
                + "ToString(int a); Task GetType(int a); "
                + "Task Finalize(int a); Task MemberwiseClone(int a); }"
        },
        {
            "methods named like members of the generated types",
            "[TunnelService] public partial interface IA { Task Invoker(); Task get_Invoker(); Task Get(int a); Task With(int "
                + "a); Task Names(); Task Stub(); "
                + "Task Definition(); Task Item(); Task Formatter0(List<int> a); Task Formatter(List<int> a); Task StubMethod(); "
                + "Task Arguments(); Task Method(); Task MethodMethod(); Task ArgumentsArguments(); }"
        },
        {
            "methods named like types of the generated code",
            "[TunnelService] public partial interface IA { Task System(int a); Task<int> TunnelRpc(); "
                + "global::System.Threading.Tasks.Task Task(int a); "
                + "Task<string> String(string a); ValueTask ValueTask(); Task CancellationToken(CancellationToken a); Task "
                + "Type(); Task Generated(); Task global(); }"
        },
        {
            "methods and nested types named like types of the generated code",
            "namespace Acme; public static partial class System { public static partial class TunnelRpc { "
                + "[global::TunnelRpc.TunnelService] public partial interface IA { "
                + "global::System.Threading.Tasks.Task A(Task a, String b); public sealed record Task(int Value); public sealed "
                + "record String(int Value); } } }"
        },
        {
            "types named like types of the generated code",
            "[TunnelService] public partial interface IA { Task A(MessagePackWriter a, MessagePackReader b, "
                + "ITunnelFormatter<int> c, Unit d, Type e, Int32 f); } "
                + "public sealed record MessagePackWriter(int A); public sealed record MessagePackReader(int A); public sealed "
                + "record ITunnelFormatter<T>(T A); "
                + "public sealed record Unit(int A); public sealed record Type(int A); public sealed record Int32(int A);"
        },
        {
            "namespaces named like those of the generated code",
            "namespace Acme.TunnelRpc.System.Generated { [global::TunnelRpc.TunnelService] public partial interface IA { "
                + "global::System.Threading.Tasks.Task A(Threading a); } public sealed record Threading(int A); } namespace "
                + "Acme.System { public class Type; }"
        },
        {
            "a contract and a type in the namespace of the generated code",
            "namespace TunnelRpc.Generated { [TunnelService] public partial interface IA { Task A(Data a); } public sealed "
                + "record Data(int A); }"
        },
        {
            "a contract in the namespace of the runtime",
            "namespace TunnelRpc { [TunnelService] public partial interface IA { Task A(Data a); } public sealed record "
                + "Data(int System, int Serialization); }"
        },
        {
            "keywords as names",
            "namespace @namespace.@class { [TunnelService] public partial interface @interface { Task @async(@event @object, "
                + "@struct<@event> @ref); "
                + "IAsyncEnumerable<@enum> @in(IAsyncEnumerable<@enum> @out, CancellationToken @default = default); } "
                + "public sealed record @event(int @int, @enum @static); public sealed record @struct<@type>(@type @this); "
                + "public enum @enum { @null, @true } }"
        },
        {
            "contextual keywords as names",
            "namespace global.field { [TunnelService] public partial interface IA { Task await(@record @async, int field, int "
                + "value, int var, int scoped, "
                + "int required, int nint, int when, int with, int and, int init, int add, int get, int yield, int nameof, int dynamic); } "
                + "public sealed class @record { public int field { get; set; } public int value { get; set; } public int "
                + "@required { get; set; } "
                + "public int var { get; init; } public int await; } }"
        },
        {
            "names in other scripts",
            "namespace Größe.Ключ { [TunnelService] public partial interface Iサービス { Task ДелайAsync(Größe größe, Ελ<Größe> параметр); } "
                + "public sealed record Größe(int Länge, string 名前); public sealed record Ελ<Tип>(Tип Τιμή); }"
        },
        {
            "names with combining and connecting characters",
            "[TunnelService] public partial interface Ie\u0301\u203f_ { Task A\u203fB(D\u0301_\u0915\u093e a\u203f); } "
                + "public sealed record D\u0301_\u0915\u093e(int M\u203f);"
        },
        {
            "members named like identifiers of a formatter",
            "public sealed record R(int System, int TunnelRpc, int Formatter0, List<int> RFormatter, int Write, int Read, int "
                + "Equals1, int defaults, int tag, int c0) "
                + "{ public int global { get; init; } = 4; public int R1 { get; set; } } "
                + "[TunnelService] public partial interface IA { Task<R> A(R RFormatter); }"
        },
        {
            "types whose names are equal where they are put together",
            "#pragma warning disable CS8981\npublic sealed record X<T>(T V); public sealed record X<T1, T2>(T1 V, T2 W); "
                + "public sealed record A { public int V { get; set; } "
                + "public sealed record array(int W); public sealed record or { public sealed record @null(int Q); } } "
                + "public sealed record B(int Z); public sealed record A_B(int Y); "
                + "[TunnelService] public partial interface IA { Task M(X<A[]> a, X<A.array> b, X<A.or.@null> c, X<A?> d, X<A, "
                + "B> e, X<and.B> f, X<A_B> g, X<a.and.B> h, "
                + "X<a, B> i); } "
                + "public sealed class and { public sealed record B(int Q); } public sealed record a { public sealed class and "
                + "{ public sealed record B(int P); } }"
        },
        {
            "two contracts of one name in two namespaces",
            "namespace One { [TunnelService] public partial interface IA { Task A(Data a); } public sealed record Data(int A); } "
                + "namespace Two { [TunnelService] public partial interface IA { Task A(Data a, One.Data b); } public sealed "
                + "record Data(string B); } "
                + "namespace one_ { [TunnelService] public partial interface IA { Task A(); } }"
        },
        {
            "long names",
            $"namespace {new string('n', 300)} {{ [TunnelService] public partial interface I{new string('i', 300)} {{ "
                + $"Task A{new string('m', 600)}(T{new string('t', 300)}<T{new string('t', 300)}<string>, "
                + $"G{new string('g', 300)}> {new string('p', 1000)}); "
                + $"Task B(T{new string('t', 300)}<T{new string('t', 300)}<string>, G{new string('h', 300)}> a); }} "
                + $"public sealed record T{new string('t', 300)}<T>(T V{new string('v', 500)}); public sealed record "
                + $"G{new string('g', 300)}(int A); "
                + $"public sealed record G{new string('h', 300)}(int A); public sealed record T{new string('t', 300)}<T1, "
                + $"T2>(T1 A, T2 B); }}"
        },
    };

    [Theory, MemberData(nameof(Names))]
    public async Task Names_of_a_contract_do_not_collide_with_generated_names(string what, string source)
    {
        CompiledCode.ShouldCompile(what, LanguageVersion.CSharp12, Usings + source).ShouldNotBeEmpty();
        (await Compilations.AnalyzeAsync(Compilations.Create(Usings + source))).ShouldBeEmpty(what);
    }

    [Fact]
    public void Method_with_the_name_of_the_definition_causes_only_a_warning_at_itself()
    {
        const string Source = "[TunnelService] public partial interface IA { Task TunnelDefinition(); }";

        CompiledCode.GetErrors(Compilations.Create(Usings + Source)).ShouldHaveSingleItem()
            .ShouldStartWith("Source0.cs(7,52): error CS0108");
        CompiledCode.GetErrors(Compilations.Create(Usings + Source.Replace("Task T", "new Task T"))).ShouldBeEmpty();
    }
}

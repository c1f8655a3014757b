using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Tests that unusual contracts that are accepted are generated as code that compiles.</summary>
public sealed class UnusualContractTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Runtime.InteropServices;
        using System.Threading;
        using System.Threading.Tasks;
        using TunnelRpc;

        """;

    /// <summary>Contracts with members that are not methods of the service, and unusual types.</summary>
    public static TheoryData<string, string> Members => new()
    {
        { "params", "[TunnelService] public partial interface IA { Task A(params int[] a); Task B(int a, params string?[] b); }" },
        {
            "constants, nested types and static members with a body",
            "[TunnelService] public partial interface IA { const int Max = 4; public sealed record Inner(int A); enum Kind { "
                + "None } delegate void Done(); interface IInner { int P { get; } } "
                + "static int Count { get; set; } static readonly int Field = Max; static event Action? Happened; static Task "
                + "Make() => Task.CompletedTask; "
                + "static void Raise() => Happened?.Invoke(); static IA() { } static string operator +(IA left, int right) => \"\"; "
                + "private static void Hidden() { } Task A(Inner a, Kind b = Kind.None, int c = Max); }"
        },
        {
            "default interface members",
            "[TunnelService] public partial interface IA { Task A(int a); Task B() => A(1); int P => 4; int this[int i] => i; "
                + "event Action E { add { } remove { } } "
                + "sealed Task C() => A(2); private Task D() => A(3); protected Task F() => D(); T G<T>(T a) => a; void H(ref "
                + "int a) { a++; } virtual Task I() => F(); }"
        },
        {
            "a static virtual member",
            "[TunnelService] public partial interface IA { static virtual int Count => 1; static virtual Task Make() => "
                + "Task.CompletedTask; Task A(); }"
        },
        {
            "members of bases that the contract implements",
            "public interface IBase { Task A(); int P { get; } event Action E; static abstract int Count { get; } Task<T> G<T>(); } "
                + "[TunnelService] public partial interface IA : IBase { Task IBase.A() => B(); int IBase.P => 1; event Action "
                + "IBase.E { add { } remove { } } "
                + "static int IBase.Count => 3; Task<T> IBase.G<T>() => throw new NotSupportedException(); Task B(); }"
        },
        {
            "a member of a base that the contract declares as abstract again",
            "public interface IBase { Task A() => Task.CompletedTask; } [TunnelService] public partial interface IA : IBase { "
                + "abstract Task IBase.A(); Task B(); }"
        },
        {
            "bases with the same names and other signatures",
            "public interface IOne { [TunnelMethod(Name = \"1\")] Task<int> A(int a); [TunnelMethod(Name = \"2\")] Task A(string a); } "
                + "public interface ITwo { [TunnelMethod(Name = \"3\")] Task<string> A(int a); [TunnelMethod(Name = \"4\")] "
                + "IAsyncEnumerable<int> A(string a); } "
                + "[TunnelService] public partial interface IA : IOne, ITwo { [TunnelMethod(Name = \"5\")] new ValueTask<long> A(int a); "
                + "[TunnelMethod(Name = \"6\")] Task A(int a, int b = 1); [TunnelMethod(Name = \"7\")] Task A(params int[] a); "
                + "[TunnelMethod(Name = \"8\")] Task A(long a); }"
        },
        {
            "an internal contract with internal members and types",
            "[TunnelService] internal partial interface IA { internal Task A(Data a); Task<Data.Kind> B(); } internal sealed "
                + "record Data(int A) { internal enum Kind { None } }"
        },
        {
            "contracts in every kind of type",
            "public partial struct S { [TunnelService] public partial interface IA { Task A(); } } public readonly partial "
                + "struct R { [TunnelService] public partial interface IA { Task A(); } } "
                + "public ref partial struct F { [TunnelService] public partial interface IA { Task A(); } } public readonly "
                + "partial record struct Q { [TunnelService] public partial interface IA { Task A(); } } "
                + "public partial record P(int V) { [TunnelService] public partial interface IA { Task A(); } } public static "
                + "partial class C { [TunnelService] internal partial interface IB { Task A(); } } "
                + "public abstract partial class U(int v) { public int V => v; [TunnelService] public partial interface IA { "
                + "Task A(); [TunnelService] public partial interface IN { Task A(); } } }"
        },
        {
            "types of every kind",
            "public record struct A(int V, string W); public readonly record struct B { public required int V { get; init; } "
                + "} public struct C { public int V; public int? W; } "
                + "public sealed class D(int v, string w = \"x\") { public int V { get; } = v; public string W { get; } = w; "
                + "public int this[int i] => i; public const int Max = 3; public static int Count; } "
                + "public sealed record E { [System.Diagnostics.CodeAnalysis.SetsRequiredMembers] public E(int v) => V = v; "
                + "public required int V { get; init; } } "
                + "public class F { public virtual int V { get; set; } public int W { get => _w; init => _w = value; } private "
                + "readonly int _w; } public class G : F { public override int V { get; set; } } "
                + "public abstract class H<T> { public T? V { get; set; } } public sealed class I : H<List<int?>>; public "
                + "sealed record J(in int V, E? W = null, DayOfWeek X = DayOfWeek.Friday); "
                + "[TunnelService] public partial interface IA { Task M(A a, B b, C c, D d, E e, F f, G g, I i, J j, A? k, (A "
                + "a, (B, C?) b) l, Dictionary<(int, string), A[]?> n); }"
        },
        {
            "unions of structs, of constructed types and of interfaces",
            "[TunnelUnion(0, typeof(S))][TunnelUnion(1, typeof(C<int>))][TunnelUnion(2, typeof(C<string?>))] public interface IU { } "
                + "public readonly record struct S(int V) : IU; public sealed record C<T>(T V, IU? Next) : IU; "
                + "[TunnelUnion(0, typeof(D))] public abstract class B<T> { } public sealed class D : B<int> { public B<int>? Next { get; set; } } "
                + "[TunnelService] public partial interface IA { Task A(IU a, List<IU?> b, B<int> c); }"
        },
        {
            "faults of every kind",
            "[TunnelFault(typeof(int))] [TunnelService] public partial interface IA { [TunnelFault(typeof(string[]))] "
                + "[TunnelFault(typeof(DayOfWeek?))] [TunnelFault(typeof((int, string)))] [TunnelFault(typeof(Box<(int a, int)>))] Task A(); "
                + "[OneWay] Task B(); } public sealed record Box<T>(T V);"
        },
        { "no methods", "[TunnelService] public partial interface IA { } [TunnelService] public partial interface IB : IA { Task A(); }" },
        {
            "unusual default values",
            "public enum U : ulong { Max = ulong.MaxValue } public enum S : sbyte { Min = sbyte.MinValue } [TunnelService] "
                + "public partial interface IA { "
                + "Task A(U a = U.Max, S b = S.Min, U? c = U.Max, S? d = (S)(-3), decimal e = -1.50m, float f = -0f, double g = "
                + "5e-324, char h = '\\uD800', "
                + "string i = \"\\uD800\\0\\u2028\", byte? j = 3, sbyte? k = -3, short? l = -3, ushort? m = 3, decimal? n = 2m, "
                + "long? o = long.MinValue, ulong p = 3, int q = int.MinValue); "
                + "Task B([Optional] int a, [Optional, DefaultParameterValue(5)] int b, [Optional, "
                + "System.Runtime.CompilerServices.DateTimeConstant(5)] DateTime c, "
                + "[Optional, System.Runtime.CompilerServices.DecimalConstant(1, 0, 0, 0, 15)] decimal d); }"
        },
        {
            "obsolete members with identifiers of their own",
            "[Obsolete(\"a\", false, DiagnosticId = \"ACME1\")] public sealed record Old(int A); public sealed record New { "
                + "[Obsolete(\"a\", DiagnosticId = \"ACME2\")] public int A { get; set; } } "
                + "[TunnelService] public partial interface IA { [Obsolete(\"a\", DiagnosticId = \"ACME3\")] Task A(Old a); "
                + "Task B(New a); }"
        },
        {
            "experimental members",
            "[System.Diagnostics.CodeAnalysis.Experimental(\"ACME1\")] public sealed record Data(int A); "
                + "[System.Diagnostics.CodeAnalysis.Experimental(\"ACME2\")] [TunnelService] "
                + "public partial interface IA { [System.Diagnostics.CodeAnalysis.Experimental(\"ACME3\")] Task A(); Task B(More a); } "
                + "public sealed record More { [System.Diagnostics.CodeAnalysis.Experimental(\"ACME4\")] public int A { get; "
                + "set; } public int B { get; set; } }"
        },
    };

    [Theory, MemberData(nameof(Members))]
    public async Task Unusual_contract_compiles(string what, string source)
    {
        CompiledCode.ShouldCompile(what, LanguageVersion.CSharp12, Usings + source).ShouldNotBeEmpty();
        (await Compilations.AnalyzeAsync(Compilations.Create(Usings + source))).ShouldBeEmpty(what);
    }

    [Fact]
    public void Parts_in_several_files_are_one_contract() => CompiledCode.ShouldCompile(
        "parts in several files",
        LanguageVersion.CSharp12,
        Usings + "[TunnelService] public partial interface IA { Task A(Data a); }",
        Usings + "public partial interface IA : IBase { [Idempotent] Task B(); const int C = 1; } public interface IBase { Task D(); }",
        Usings + "public partial record Data(int A) { public partial record Part; } internal partial interface IInternal { }",
        Usings + "partial record Data { public Part? P { get; init; } partial record Part { public int B { get; set; } } }");

    [Fact]
    public void Methods_are_found_by_their_declarations()
    {
        Compilation compilation = Compilations.Create(
            Usings + """
            [TunnelService] internal partial interface IA
            {
                internal Task A(int a);
                Task B(int a);
                [TunnelMethod(Name = "second")] Task B(string a);
                Task C(int a) => B(a);
                [TunnelMethod(Name = "third")] Task C();
                [TunnelMethod(Name = "fourth")] Task @class(Guid a);
                Task D();
                static Task D(int a) => Task.CompletedTask;
            }
            """);
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        Type contract = System.Reflection.Assembly.Load(Compilations.EmitImage(output)).GetType("TunnelRpc.Generated.IAContract", true)!;

        contract.GetFields().Select(f => f.GetValue(null)).OfType<TunnelMethod>()
            .Select(m => $"{m.Name}: {m.GetDeclaration()}")
            .ShouldBe(
            [
                "A: System.Threading.Tasks.Task A(Int32)",
                "B: System.Threading.Tasks.Task B(Int32)",
                "second: System.Threading.Tasks.Task B(System.String)",
                "third: System.Threading.Tasks.Task C()",
                "fourth: System.Threading.Tasks.Task class(System.Guid)",
                "D: System.Threading.Tasks.Task D()",
            ]);
    }
}

using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Contracts that almost violate a rule: no analyzer reports anything, and they are generated.</summary>
public sealed class ValidContractTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Diagnostics.CodeAnalysis;
        using System.Threading;
        using System.Threading.Tasks;
        using TunnelRpc;

        """;

    /// <summary>The rule that the contract almost violates, and the contract.</summary>
    public static TheoryData<string, string> NearMisses => new()
    {
        { "TRPC0001", "[TunnelService] partial interface IA { } partial interface IA { Task AAsync(); }" },
        { "TRPC0002", "public partial class Outer { public partial struct Inner { [TunnelService] public partial interface IA { Task A(); } } }" },
        { "TRPC0003", "public interface IRepo<T> { Task PutAsync(T value); } [TunnelService] public partial interface IA : IRepo<int>;" },
        { "TRPC0004", "partial class Outer { [TunnelService] internal partial interface IA { Task AAsync(); } }" },
        { "TRPC0005", "public interface IBase { Task AAsync(); } [TunnelService] public partial interface IA : IBase;" },
        {
            "TRPC0006",
            "namespace One { [TunnelService] public partial interface IA { Task AAsync(); } } "
                + "namespace Two { [TunnelService] public partial interface IA { Task AAsync(); } }"
        },
        {
            "TRPC0101",
            "[TunnelService] public partial interface IA { Task AAsync(); const int Max = 4; int Twice => 2 * Max; static int One => 1; "
                + "Task BAsync() => AAsync(); public sealed record Nested(int Value); }"
        },
        { "TRPC0102", "[TunnelService] public partial interface IA { Task<List<T2>> AAsync(Dictionary<string, T2> a); } public record T2;" },
        {
            "TRPC0103",
            "[TunnelService] public partial interface IA { Task A(); Task<int> B(); ValueTask C(); ValueTask<int> D(); "
                + "IAsyncEnumerable<int> E(); }"
        },
        {
            "TRPC0104",
            "[TunnelService] public partial interface IA { Task FindAsync(int a); [TunnelMethod(Name = \"b\")] Task FindAsync(string a); "
                + "Task findAsync(); }"
        },
        { "TRPC0106", "[TunnelService] public partial interface IA { [OneWay] Task A(int a, CancellationToken t); [OneWay] ValueTask B(); }" },
        {
            "TRPC0107",
            "[TunnelService, Timeout(\"30.00:00:00\")] public partial interface IA { [Timeout(\"1ms\")] Task A(); "
                + "[Timeout(\"1.5h\")] Task B(); [Timeout(\" 00:00:00.5 \")] Task C(); Task D(); }"
        },
        {
            "TRPC0108",
            "public record F(int V); public record G(int V); [TunnelService] public partial interface IA { "
                + "[TunnelFault(typeof(F)), TunnelFault(typeof(G)), TunnelFault(typeof(F))] Task A(); }"
        },
        { "TRPC0201", "[TunnelService] public partial interface IA { Task A(params string[] names); Task B(params List<int> numbers); }" },
        { "TRPC0202", "[TunnelService] public partial interface IA { Task A(CancellationToken token, int a); Task B(int a, int token); }" },
        { "TRPC0203", "public record Job(int Token); [TunnelService] public partial interface IA { Task<Job> A(CancellationToken t = default); }" },
        { "TRPC0204", "public record A(A? Next, List<A[]> Many); [TunnelService] public partial interface IA { Task<A?> A(A a, A? b); }" },
        {
            "TRPC0204",
            "public class Own { public Own(int a, int b = 2) => A = a; public int A { get; } } "
                + "[TunnelService] public partial interface IA { Task A(Own a); }"
        },
        {
            "TRPC0205",
            "public class One { [TunnelMember(1)] public int A { get; set; } } public class Two { [TunnelMember(1)] public int A { get; set; } } "
                + "[TunnelService] public partial interface IA { Task A(One a, Two b); }"
        },
        {
            "TRPC0206",
            "public class Wide { [TunnelMember(0)] public int A { get; set; } [TunnelMember(1023)] public int B { get; set; } } "
                + "[TunnelService] public partial interface IA { Task A(Wide a); }"
        },
        {
            "TRPC0207",
            "public class Mixed { [TunnelMember(0)] public int A { get; set; } [TunnelIgnore] public int B { get; set; } public int C => A; } "
                + "[TunnelService] public partial interface IA { Task A(Mixed a); }"
        },
        {
            "TRPC0208",
            "[TunnelUnion(0, typeof(X)), TunnelUnion(-1, typeof(Y))] public abstract record Shape; public record X(int A) : Shape; "
                + "public sealed record Y(int A, int B) : X(A); [TunnelService] public partial interface IA { Task A(Shape a); }"
        },
        {
            "TRPC0210",
            "public class Own { [SetsRequiredMembers] public Own(int a) => A = a; public required int A { get; init; } "
                + "[TunnelIgnore] public int? B { get; set; } } [TunnelService] public partial interface IA { Task A(Own a); }"
        },
        {
            "TRPC0214",
            "public class Page<T> { public T? Value { get; set; } public Page<T>? Next { get; set; } public Page<string>? Names { get; set; } } "
                + "[TunnelService] public partial interface IA { Task A(Page<Page<int>> a); }"
        },
        {
            "TRPC0301",
            "[TunnelService(Callback = typeof(IBack))] public partial interface IA { Task A(); } "
                + "[TunnelService] public partial interface IBack { Task A(); }"
        },
    };

    [Theory, MemberData(nameof(NearMisses))]
    public async Task Contract_that_almost_violates_a_rule_is_valid(string id, string source)
    {
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(
            Compilations.Create(Usings + source), out Compilation output, out ImmutableArray<Diagnostic> ofGenerator);

        ofGenerator.ShouldBeEmpty(id);
        output.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).ShouldBeEmpty(id);
        (await Compilations.AnalyzeAsync(output)).ShouldBeEmpty(id);
    }
}

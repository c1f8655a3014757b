using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.CodeFixes;
using Xunit;

namespace TunnelRpc.Generators.Tests.Analyzers;

/// <summary>TRPC0216: a case of a union is not sealed.</summary>
public sealed class UnionCaseAnalyzerTests
{
    [Theory]
    [InlineData(
        "[TunnelUnion(0, typeof(A))] public abstract record Shape; public record {|TRPC0216:A|}(int X) : Shape;",
        "[TunnelUnion(0, typeof(A))] public abstract record Shape; public sealed record A(int X) : Shape;")]
    [InlineData(
        "[TunnelUnion(0, typeof(A))] public interface IShape; /* Mine. */ class {|TRPC0216:A|} : IShape { }",
        "[TunnelUnion(0, typeof(A))] public interface IShape; /* Mine. */ sealed class A : IShape { }")]
    [InlineData(
        "[TunnelUnion(0, typeof(A))]\npublic abstract class Shape { }\n\n// Mine.\npartial class {|TRPC0216:A|} : Shape { }\n",
        "[TunnelUnion(0, typeof(A))]\npublic abstract class Shape { }\n\n// Mine.\nsealed partial class A : Shape { }\n")]
    [InlineData(
        "[TunnelUnion(0, typeof(A))][TunnelUnion(1, typeof(B))] public abstract record Shape; public record A : Shape; "
            + "public record {|TRPC0216:B|} : A;",
        "[TunnelUnion(0, typeof(A))][TunnelUnion(1, typeof(B))] public abstract record Shape; public record A : Shape; "
            + "public sealed record B : A;")]
    [InlineData(
        "[TunnelUnion(0, typeof(A))][TunnelUnion(1, typeof(B))] public abstract record Shape; public record {|TRPC0216:A|} : Shape; "
            + "public record {|TRPC0216:B|} : Shape;",
        "[TunnelUnion(0, typeof(A))][TunnelUnion(1, typeof(B))] public abstract record Shape; public sealed record A : Shape; "
            + "public sealed record B : Shape;")]
    public Task Case_that_is_not_sealed_is_reported_and_can_be_sealed(string source, string corrected) =>
        RuleVerifier.VerifyFixAsync<UnionCaseAnalyzer, SealTypeCodeFix>(source, corrected);

    [Theory]
    [InlineData("[TunnelUnion(0, typeof(A))] public abstract record Shape; public record {|TRPC0216:A|} : Shape; public record B : A;")]
    [InlineData("[TunnelUnion(0, typeof(A))] public abstract class Shape; public class {|TRPC0216:A|} : Shape { public virtual int X => 1; }")]
    public Task Case_that_is_made_to_be_derived_from_is_reported_without_a_fix(string source) =>
        RuleVerifier.VerifyFixAsync<UnionCaseAnalyzer, SealTypeCodeFix>(source, source);

    [Theory]
    [InlineData("[TunnelUnion(0, typeof(A))] public abstract record Shape; public sealed record A : Shape;")]
    [InlineData("[TunnelUnion(0, typeof(A))] public interface IShape; public struct A : IShape;")]
    [InlineData("public abstract record Shape; public record A : Shape;")]
    [InlineData("[TunnelUnion(0, typeof(A))] public abstract record Shape; public sealed record A : Shape; public record Other : Shape;")]
    public Task Other_type_is_not_reported(string source) => RuleVerifier.VerifyAsync<UnionCaseAnalyzer>(source);
}

using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Requirements on callers that a server or a client refuses when it starts: an error where they are written.</summary>
public sealed class AuthorizationAnalyzerTests
{
    private const string Contracts = """
        using System;
        using System.Threading.Tasks;
        using Microsoft.AspNetCore.Authorization;
        using Microsoft.Extensions.DependencyInjection;
        using TunnelRpc;
        using TunnelRpc.Client;

        [TunnelService(Callback = typeof(IScreen))] public partial interface IVault { Task OpenAsync(); }
        [TunnelService] public partial interface IScreen { Task ShowAsync(); }

        public sealed class OpsAttribute : AuthorizeAttribute { }

        """;

    private const string Screen = "{ public Task ShowAsync() => Task.CompletedTask; }";
    private const string Vault = "{ public Task OpenAsync() => Task.CompletedTask; }";
    private const string Add = " public static class Start { public static void Run(TunnelClientBuilder client) => client";

    /// <summary>Wrong requirements: the expected id, the source, and the text at the location.</summary>
    public static TheoryData<string, string, string> Violations => new()
    {
        {
            "TRPC0501",
            "[Authorize(Roles = \"ops\", AuthenticationSchemes = \"Bearer\")] public class A : IVault " + Vault,
            "AuthenticationSchemes = \"Bearer\""
        },
        {
            "TRPC0501",
            "public class A : IVault { [Ops(AuthenticationSchemes = \"Bearer\")] public Task OpenAsync() => Task.CompletedTask; }",
            "AuthenticationSchemes = \"Bearer\""
        },
        {
            "TRPC0501",
            "[TunnelService] public partial interface IOther { [Authorize(AuthenticationSchemes = \"Bearer\")] Task OpenAsync(); }",
            "AuthenticationSchemes = \"Bearer\""
        },
        {
            "TRPC0501",
            "public class A : IVault { [Authorize(AuthenticationSchemes = \"Bearer\")] Task IVault.OpenAsync() => Task.CompletedTask; }",
            "AuthenticationSchemes = \"Bearer\""
        },
        { "TRPC0502", $"[Authorize] public class A : IScreen {Screen}{Add}.AddCallback<IScreen, A>(); }}", "AddCallback<IScreen, A>" },
        { "TRPC0502", $"[Ops] public class A : IScreen {Screen}{Add}.AddCallback<IScreen>(new A()); }}", "AddCallback<IScreen>" },
        {
            "TRPC0502",
            $"[Ops] public abstract class Base {{ }} public class A : Base, IScreen {Screen}{Add}.AddCallback<IScreen, A>(); }}",
            "AddCallback<IScreen, A>"
        },
        {
            "TRPC0502",
            "public class A : IScreen { [Authorize] public Task ShowAsync() => Task.CompletedTask; }" + Add + ".AddCallback<IScreen, A>(); }",
            "AddCallback<IScreen, A>"
        },
        {
            "TRPC0502",
            "[TunnelService] public partial interface IBack { [Authorize] Task ShowAsync(); } "
                + $"public class A : IBack {Screen}{Add}.AddCallback<IBack, A>(); }}",
            "AddCallback<IBack, A>"
        },
    };

    public static TheoryData<string> NearMisses =>
    [
        "[Authorize(Roles = \"ops\", Policy = \"p\")] public class A : IVault " + Vault,
        "[Authorize(AuthenticationSchemes = \"\")] public class A : IVault " + Vault,
        "[Authorize(AuthenticationSchemes = \"Bearer\")] public class Controller { public Task OpenAsync() => Task.CompletedTask; }",
        $"public class A : IScreen {Screen}{Add}.AddCallback<IScreen, A>().AddCallback<IScreen>(new A()); }}",
        $"[Authorize] public class A : IScreen {Screen} public class B : IScreen {Screen}{Add}.AddCallback<IScreen, B>(); }}",
        $"[Authorize] public class A : IScreen {Screen} public static class Start {{ public static void AddCallback<T>() {{ }} "
            + "public static void Run() => AddCallback<A>(); }",
    ];

    [Theory, MemberData(nameof(Violations))]
    public async Task Wrong_requirement_is_an_error_at_its_place(string id, string source, string place)
    {
        ImmutableArray<Diagnostic> found = await Compilations.AnalyzeAsync(CreateGenerated(source));

        Diagnostic problem = found.ShouldHaveSingleItem();
        problem.Id.ShouldBe(id);
        problem.Severity.ShouldBe(DiagnosticSeverity.Error);
        problem.Location.SourceTree!.GetText().ToString(problem.Location.SourceSpan).ShouldBe(place);
    }

    [Theory, MemberData(nameof(NearMisses))]
    public async Task Permitted_requirement_reports_nothing(string source) =>
        (await Compilations.AnalyzeAsync(CreateGenerated(source))).ShouldBeEmpty();

    /// <summary>A compilation with the generated parts, as the analyzers see it in a build. It compiles.</summary>
    private static Compilation CreateGenerated(string source)
    {
        CSharpCompilation compilation = Compilations.Create(Contracts + source);
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        output.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error && !d.IsWarningAsError).ShouldBeEmpty();
        return output;
    }
}

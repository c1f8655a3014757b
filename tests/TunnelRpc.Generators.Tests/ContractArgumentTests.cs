using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Tests the error at a type argument that must be a contract and is none.</summary>
public sealed class ContractArgumentTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Threading.Tasks;
        using Microsoft.AspNetCore.Builder;
        using Microsoft.Extensions.DependencyInjection;
        using TunnelRpc;
        using TunnelRpc.Client;
        using TunnelRpc.Testing.Hosting;

        [TunnelService] public partial interface IGood { Task A(); }
        public interface INone { Task A(); }
        public sealed class None : INone { public Task A() => Task.CompletedTask; }
        public sealed class Good : IGood { public Task A() => Task.CompletedTask; }
        public static class Own
        {
            public static void Take<TOther, T>() where T : class, ITunnelService<T> { }
            public static T Make<T>() where T : class, ITunnelService<T> => throw new NotSupportedException();
        }
        public sealed class OwnOf<T> where T : class, ITunnelService<T> { }

        """;

    /// <summary>Code that names what is no contract, with the argument INone: the id of the error of the compiler, if any.</summary>
    public static TheoryData<string, string> Uses => new()
    {
        { "", "public sealed class User(ITunnelCaller<INone> caller) { public INone C => caller.Callback; }" },
        { "", "public sealed class User(ITunnelClients<INone> clients) { public INone C => clients.All; }" },
        { "", "public sealed class User { private ITunnelClients<INone>? _clients; public object? C => _clients ??= null; }" },
        { "", "public static class User { public static object C(IServiceProvider s) => s.GetRequiredService<ITunnelClients<INone>>(); }" },
        { "", "public static class User { public static Type C => typeof(List<ITunnelCaller<INone>>); }" },
        { "CS0311", "public static class User { public static INone C(ITunnelClient c) => c.Get<INone>(); }" },
        { "CS0311", "public static class User { public static INone C(TunnelClient c) => c.Get<INone>(); }" },
        { "CS0311", "public static class User { public static void C(TunnelClient c, INone n) => c.Serve<INone>(n); }" },
        { "CS0311", "public static class User { public static void C(TunnelServerBuilder b) => b.AddService<INone, None>(); }" },
        { "CS0311", "public static class User { public static INone C(TunnelCallContext c) => c.GetCallback<INone>(); }" },
        { "CS0311", "public static class User { public static void C() => Own.Take<string, INone>(); }" },
        { "CS0311", "public static class User { public static object C() => new OwnOf<INone>(); }" },
        { "CS1503", "public static class User { public static INone C(INone n) => n.With<INone>(TimeSpan.Zero); }" },
    };

    [Theory, MemberData(nameof(Uses))]
    public async Task What_is_no_contract_is_an_error_at_the_type_argument(string compilerError, string source)
    {
        Compilation compilation = Compile(source);

        ImmutableArray<Diagnostic> found = await Compilations.AnalyzeAsync(compilation);

        Diagnostic error = found.ShouldHaveSingleItem();
        error.Id.ShouldBe("TRPC0401");
        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain(
            "needs a contract, and 'INone' is none: mark it with [TunnelService] and declare it partial");
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe("INone");
        compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.Id).Distinct()
            .ShouldBe(compilerError.Length == 0 ? [] : [compilerError]);
    }

    [Theory]
    [InlineData("ITunnelCaller<string>", "string", "name a partial interface with [TunnelService]")]
    [InlineData("ITunnelClients<Good>", "Good", "name the contract that it implements, the interface 'IGood' with [TunnelService]")]
    [InlineData("ITunnelClients<None>", "None", "name a partial interface with [TunnelService]")]
    [InlineData("ITunnelClients<IDisposable>", "IDisposable", "its assembly must declare it with [TunnelService]")]
    [InlineData("ITunnelClients<List<IGood>>", "List<IGood>", "name a partial interface with [TunnelService]")]
    [InlineData("ITunnelClients<object[]>", "object[]", "name a partial interface with [TunnelService]")]
    public async Task Message_says_what_to_name(string type, string place, string message)
    {
        Diagnostic error = (await Compilations.AnalyzeAsync(Compile($"public sealed class User {{ public {type}? C {{ get; set; }} }}")))
            .ShouldHaveSingleItem();

        error.GetMessage(CultureInfo.InvariantCulture).ShouldContain(message);
        error.Location.SourceTree!.GetText().ToString(error.Location.SourceSpan).ShouldBe(place);
    }

    [Theory]
    [InlineData("public sealed class User(ITunnelCaller<IGood> caller, ITunnelClients<IGood> clients) { public IGood C => "
        + "caller.Callback; public IGood D => clients.All; }")]
    [InlineData("public sealed class User<T>(ITunnelClients<T> clients) where T : class { public T C => clients.All; }")]
    [InlineData("public static class User { public static T C<T>(ITunnelClient c) where T : class, ITunnelService<T> => c.Get<T>(); }")]
    [InlineData("public static class User { public static void C(IServiceCollection s) => s.AddSingleton(typeof(ITunnelClients<>)); }")]
    [InlineData("public static class User { public static IGood C(ITunnelClient c) => c.Get<IGood>(); public static void D() => "
        + "Own.Take<INone, IGood>(); }")]
    [InlineData("public static class User { /// <summary>See <see cref=\"ITunnelClients{INone}\"/> and <see "
        + "cref=\"ITunnelClients{TCallback}\"/>.</summary>\npublic static int C => 1; }")]
    [InlineData("public interface ITunnelCaller<T> { } public static class User { public static ITunnelCaller<INone>? C => null; public "
        + "static List<INone> D => []; }")]
    public async Task Contract_is_no_error(string source)
    {
        Compilation compilation = Compile(source);

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
    }

    [Fact]
    public async Task Contract_of_another_assembly_is_no_error()
    {
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(
            Compilations
                .Create("namespace Far; [TunnelRpc.TunnelService] public partial interface IFar { System.Threading.Tasks.Task A(); }")
                .WithAssemblyName("Far"),
            out Compilation far,
            out _);
        Compilation compilation = Compile(
            "public sealed class User(ITunnelClients<Far.IFar> clients, ITunnelClient client) { public Far.IFar C => clients.All; "
            + "public Far.IFar D => client.Get<Far.IFar>(); }").AddReferences(Compilations.Emit(far));

        (await Compilations.AnalyzeAsync(compilation)).ShouldBeEmpty();
        compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
    }

    [Fact]
    public void Every_public_entry_point_for_contracts_is_known()
    {
        // A type parameter that takes a contract has the constraint, or it is one of these two.
        string[] without =
        [
            .. new[] { typeof(ITunnelCaller<>), typeof(TunnelServerBuilder), typeof(ITunnelClient), typeof(TunnelTestHost) }
                .SelectMany(t => t.Assembly.GetExportedTypes())
                .Distinct()
                .SelectMany(t => t.GetGenericArguments())
                .Where(p => p.Name == "TCallback" && !p.GetGenericParameterConstraints().Any(c => c.Name.StartsWith("ITunnelService")))
                .Select(p => p.DeclaringType!.Name)
                .Order(StringComparer.Ordinal),
        ];

        without.ShouldBe(["ITunnelCaller`1", "ITunnelClients`1"]);
    }

    private static Compilation Compile(string source)
    {
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(Compilations.Create(Usings + source), out Compilation output, out _);
        return output;
    }
}

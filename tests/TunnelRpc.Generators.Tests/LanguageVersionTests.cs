using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Tests that generated code needs no newer language than C# 12, the oldest one with which contracts are supported, also where a project
/// uses all assemblies of .NET 10.
/// </summary>
public sealed class LanguageVersionTests
{
    /// <summary>The usings that a project has without asking for them.</summary>
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    [Fact]
    public void Contracts_that_tests_call_compile_with_old_and_new_language_versions() => CompiledCode.ShouldCompile(
        "the contracts of the round-trip tests",
        LanguageVersion.CSharp12,
        [
            ImplicitUsings,
            .. Directory.GetFiles(Path.Combine(DirectoryOfTests(), "RoundTrip"), "*.cs")
                .Where(f => !f.EndsWith("Tests.cs", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(File.ReadAllText),
        ]);

    [Fact]
    public void Params_collections_compile_with_the_versions_that_have_them() => CompiledCode.ShouldCompile(
        "params collections",
        LanguageVersion.CSharp13,
        "using System.Collections.Generic; using System.Threading.Tasks; using TunnelRpc; [TunnelService] public partial interface IA "
        + "{ Task A(params IReadOnlyList<string> a); Task B(int a, params List<int> b); Task C(params IEnumerable<int?> c); }");

    private static string DirectoryOfTests([CallerFilePath] string test = "") => Path.GetDirectoryName(test)!;
}

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace TunnelRpc.Generators.Tests.Analyzers;

/// <summary>
/// Runs analyzers and code fixes on sources whose markup, <c>{|TRPC0402:VersionAsync|}</c>, has the id and the place of each expected
/// diagnostic. The references are those of the running runtime, so nothing is downloaded.
/// </summary>
internal static class RuleVerifier
{
    private const string Usings = """
        using System;
        using System.Collections.Frozen;
        using System.Collections.Generic;
        using System.IO;
        using System.IO.Pipelines;
        using System.Linq;
        using System.Threading;
        using System.Threading.Tasks;
        using TunnelRpc;

        """;

    private static readonly ReferenceAssemblies NoPackages = new("net10.0");

    /// <summary>Checks the diagnostics of an analyzer in code that compiles with the generated parts of its contracts.</summary>
    public static Task VerifyAsync<TAnalyzer>(string source)
        where TAnalyzer : DiagnosticAnalyzer, new()
    {
        var test = new Test<TAnalyzer, EmptyCodeFixProvider>(runGenerator: true) { TestCode = Usings + source };
        return test.RunAsync();
    }

    /// <summary>
    /// Checks the diagnostics of an analyzer, and that a code fix changes the source, one diagnostic at a time and all at once.
    /// </summary>
    /// <param name="source">The source with markup.</param>
    /// <param name="corrected">The source after the fix; the same as <paramref name="source"/> if there is none.</param>
    /// <param name="key">Selects one of several fixes by its equivalence key. Default: the first.</param>
    public static Task VerifyFixAsync<TAnalyzer, TFix>(string source, string corrected, string? key = null)
        where TAnalyzer : DiagnosticAnalyzer, new()
        where TFix : CodeFixProvider, new()
    {
        var test = new Test<TAnalyzer, TFix>(runGenerator: false)
        {
            TestCode = Usings + source,
            FixedCode = Usings + corrected,
            CodeActionEquivalenceKey = key,
        };
        return test.RunAsync();
    }

    private sealed class Test<TAnalyzer, TFix> : CSharpCodeFixTest<TAnalyzer, TFix, DefaultVerifier>
        where TAnalyzer : DiagnosticAnalyzer, new()
        where TFix : CodeFixProvider, new()
    {
        private readonly bool _runGenerator;

        public Test(bool runGenerator)
        {
            _runGenerator = runGenerator;
            ReferenceAssemblies = NoPackages;
            TestState.AdditionalReferences.AddRange(Compilations.References);
            TestBehaviors |= TestBehaviors.SkipGeneratedSourcesCheck;

            // An error of a member is found at the contract that needs its type.
            CodeFixTestBehaviors |= CodeFixTestBehaviors.SkipLocalDiagnosticCheck;
        }

        protected override IEnumerable<Type> GetSourceGenerators() => _runGenerator ? [typeof(ContractGenerator)] : [];

        protected override CompilationOptions CreateCompilationOptions() =>
            ((CSharpCompilationOptions)base.CreateCompilationOptions()).WithNullableContextOptions(NullableContextOptions.Enable);

        protected override ParseOptions CreateParseOptions() =>
            ((CSharpParseOptions)base.CreateParseOptions()).WithLanguageVersion(LanguageVersion.Latest);
    }
}

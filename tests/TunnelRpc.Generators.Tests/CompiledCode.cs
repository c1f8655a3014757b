using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Shouldly;

namespace TunnelRpc.Generators.Tests;

/// <summary>Checks that contracts and their generated code compile with the settings that projects have.</summary>
internal static class CompiledCode
{
    /// <summary>The language versions. The last one is that of the next compiler: the compiler of these tests has no name for it.</summary>
    private static readonly LanguageVersion[] Versions =
        [LanguageVersion.CSharp12, LanguageVersion.CSharp13, LanguageVersion.Latest, LanguageVersion.Preview];

    /// <summary>
    /// Fails if generated code causes an error or a warning in a language version, with nullable annotations on or off, or with checked
    /// arithmetic; or if the sources do so with the strictest settings. Returns the generated files.
    /// </summary>
    /// <param name="what">What the sources contain, for messages.</param>
    /// <param name="oldest">The language version that the sources need.</param>
    /// <param name="sources">The sources.</param>
    public static IReadOnlyList<GeneratedSourceResult> ShouldCompile(string what, LanguageVersion oldest, params string[] sources)
    {
        foreach (LanguageVersion version in Versions.Where(v => v >= oldest || v == LanguageVersion.Latest))
        {
            Compilation compilation = Compilations.Create(version, sources);
            GetErrors(compilation, version).ShouldBeEmpty($"{what}, C# {version.ToDisplayString()}");
        }

        CSharpCompilation strict = Compilations.Create(sources);
        foreach (NullableContextOptions nullable in new[] { NullableContextOptions.Disable, NullableContextOptions.Annotations })
        {
            GetErrors(strict.WithOptions(strict.Options.WithNullableContextOptions(nullable)), LanguageVersion.Latest)
                .Where(e => e.Contains(".g.cs(")).ShouldBeEmpty($"{what}, nullable {nullable}");
        }

        GetErrors(strict.WithOptions(strict.Options.WithOverflowChecks(true)), LanguageVersion.Latest).ShouldBeEmpty($"{what}, checked");
        GeneratorRunResult result =
            Compilations.CreateDriver().RunGenerators(strict).GetRunResult().Results.ShouldHaveSingleItem();
        result.Diagnostics.ShouldBeEmpty(what);
        return result.GeneratedSources;
    }

    /// <summary>Returns the errors and warnings of the compilation with its generated code.</summary>
    public static IEnumerable<string> GetErrors(Compilation compilation, LanguageVersion version = LanguageVersion.Latest)
    {
        GeneratorDriver driver =
            Compilations.CreateDriver(version).RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        driver.GetRunResult().Results.ShouldHaveSingleItem().Exception.ShouldBeNull();
        return [.. output.GetDiagnostics().Where(d => d.Severity != DiagnosticSeverity.Hidden).Select(d => d.ToString())];
    }
}

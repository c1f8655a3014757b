using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Emit;
using Shouldly;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Generators.Tests;

/// <summary>
/// Creates compilations with the strictest settings: all assemblies referenced, nullable enabled, all warnings on and treated as errors.
/// </summary>
internal static class Compilations
{
    public static readonly IReadOnlyList<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(p => !Path.GetFileName(p).StartsWith("TunnelRpc.Generators", StringComparison.Ordinal))
            .Select(p => MetadataReference.CreateFromFile(p)),
    ];

    private static readonly CSharpParseOptions Parse = new(LanguageVersion.Latest, DocumentationMode.Diagnose);

    public static CSharpCompilation Create(params string[] sources) => Create(LanguageVersion.Latest, sources);

    public static CSharpCompilation Create(LanguageVersion version, params string[] sources) => CSharpCompilation.Create(
        "Contracts",
        sources.Select((s, i) => CSharpSyntaxTree.ParseText(s, Parse.WithLanguageVersion(version), $"Source{i}.cs")),
        References,
        new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            nullableContextOptions: NullableContextOptions.Enable,
            warningLevel: 9999,
            generalDiagnosticOption: ReportDiagnostic.Error,
            // Contracts need not have documentation comments.
            specificDiagnosticOptions: [new("CS1591", ReportDiagnostic.Suppress)]));

    /// <summary>Compiles to a reference for another compilation. Fails if there is an error or a warning.</summary>
    public static MetadataReference Emit(Compilation compilation) => MetadataReference.CreateFromImage(EmitImage(compilation));

    /// <summary>Compiles to a reference assembly, as projects do for the projects that reference them.</summary>
    public static MetadataReference EmitReference(Compilation compilation)
    {
        using var image = new MemoryStream();
        compilation.Emit(image, options: new EmitOptions(metadataOnly: true, includePrivateMembers: false)).Success.ShouldBeTrue();
        return MetadataReference.CreateFromImage(image.ToArray());
    }

    public static byte[] EmitImage(Compilation compilation)
    {
        using var image = new MemoryStream();
        EmitResult result = compilation.Emit(image);
        result.Diagnostics.Where(d => d.Severity != DiagnosticSeverity.Hidden).ShouldBeEmpty();
        return image.ToArray();
    }

    public static SyntaxTree ParseText(string source) => CSharpSyntaxTree.ParseText(source, Parse);

    public static Task<ImmutableArray<Diagnostic>> AnalyzeAsync(Compilation compilation) =>
        compilation.WithAnalyzers([new ContractAnalyzer(), new AuthorizationAnalyzer()]).GetAnalyzerDiagnosticsAsync();

    /// <summary>Creates a driver that records the reasons of its incremental steps.</summary>
    public static GeneratorDriver CreateDriver(LanguageVersion version = LanguageVersion.Latest) => CSharpGeneratorDriver.Create(
        [new ContractGenerator().AsSourceGenerator()],
        parseOptions: Parse.WithLanguageVersion(version),
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
}

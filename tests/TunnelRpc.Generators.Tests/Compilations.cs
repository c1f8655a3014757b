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
    /// <summary>
    /// The generator is no reference of a contract. The tests declare the attributes of other packages themselves, which the
    /// library for tests of analyzers depends on.
    /// </summary>
    private static readonly string[] NotReferenced = ["TunnelRpc.Generators", "TunnelRpc.MessagePack", "MessagePack", "Newtonsoft"];

    public static readonly IReadOnlyList<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(p => !NotReferenced.Any(name => Path.GetFileName(p).StartsWith(name, StringComparison.Ordinal)))
            .Select(p => MetadataReference.CreateFromFile(p)),
    ];

    /// <summary>The package MessagePack, and the one that connects it with contracts, for tests that need them.</summary>
    public static readonly IReadOnlyList<MetadataReference> MessagePackReferences =
    [
        ReferenceTo(typeof(global::MessagePack.MessagePackSerializer)),
        ReferenceTo(typeof(global::MessagePack.KeyAttribute)),
        ReferenceTo(typeof(TunnelRpc.MessagePack.TunnelRpcResolver)),
    ];

    /// <summary>
    /// Contracts need not have documentation comments. As in each project, an assembly may reference an older version of another.
    /// </summary>
    public static readonly IReadOnlyList<KeyValuePair<string, ReportDiagnostic>> SuppressedWarnings =
    [
        new("CS1591", ReportDiagnostic.Suppress),
        new("CS1701", ReportDiagnostic.Suppress),
        new("CS1702", ReportDiagnostic.Suppress),
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
            specificDiagnosticOptions: SuppressedWarnings));

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

    private static PortableExecutableReference ReferenceTo(Type type) => MetadataReference.CreateFromFile(type.Assembly.Location);

    public static SyntaxTree ParseText(string source) => CSharpSyntaxTree.ParseText(source, Parse);

    /// <summary>All analyzers of the package.</summary>
    private static readonly ImmutableArray<DiagnosticAnalyzer> Analyzers =
    [
        .. typeof(ContractAnalyzer).Assembly.GetTypes()
            .Where(t => t.IsSubclassOf(typeof(DiagnosticAnalyzer)))
            .Select(t => (DiagnosticAnalyzer)Activator.CreateInstance(t)!),
    ];

    public static Task<ImmutableArray<Diagnostic>> AnalyzeAsync(Compilation compilation) =>
        compilation.WithAnalyzers(Analyzers).GetAnalyzerDiagnosticsAsync();

    /// <summary>Creates a driver that records the reasons of its incremental steps.</summary>
    public static GeneratorDriver CreateDriver(LanguageVersion version = LanguageVersion.Latest) =>
        CreateDriver(new ContractGenerator(), version);

    /// <summary>Creates a driver of a generator.</summary>
    public static GeneratorDriver CreateDriver(ContractGenerator generator, LanguageVersion version = LanguageVersion.Latest) =>
        CSharpGeneratorDriver.Create(
            [generator.AsSourceGenerator()],
            parseOptions: Parse.WithLanguageVersion(version),
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
}

using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using TunnelRpc.Generators;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Compile;

/// <summary>Compiles the sample project inside of this process, and measures each step. Only the first run in a process is cold.</summary>
internal static class CompilerMeasure
{
    private static readonly CSharpParseOptions Options = new(LanguageVersion.Latest);

    /// <summary>Compiles.</summary>
    /// <param name="project">The project.</param>
    /// <param name="annotated">Whether the interfaces are contracts.</param>
    public static async Task<CompilerFigures> RunAsync(SampleProject project, bool annotated)
    {
        CSharpCompilation compilation = CreateCompilation(project, annotated);
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new ContractGenerator().AsSourceGenerator()], parseOptions: Options);

        // The compiler binds declarations in any case: without this, the first generator pays for it.
        compilation.GetDeclarationDiagnostics();
        long start = Stopwatch.GetTimestamp();
        driver = driver.RunGeneratorsAndUpdateCompilation(compilation, out Compilation generated, out _);
        TimeSpan cold = Stopwatch.GetElapsedTime(start);

        SyntaxTree[] added = [.. generated.SyntaxTrees.Except(compilation.SyntaxTrees)];
        TimeSpan analyzers = annotated ? await AnalyzeAsync(generated) : TimeSpan.Zero;
        long size = Emit(generated);
        return new CompilerFigures(
            Lines: added.Sum(t => (long)t.GetText().Lines.Count),
            LinesOfServices: added.Where(t => !IsFormatter(t)).Sum(t => (long)t.GetText().Lines.Count),
            Characters: added.Sum(t => (long)t.Length),
            AssemblyBytes: size,
            PeakMemoryBytes: ReadPeakMemory(),
            Generator: cold,
            Analyzers: analyzers,
            EditOfBody: annotated ? Edit(ref driver, ref compilation, "Logic.cs", n => SampleProject.CreateLogic(n)) : default,
            EditOfService: annotated
                ? Edit(ref driver, ref compilation, "IService0.cs", n => project.CreateService(0, true, $"Extra{n}Async"))
                : default);
    }

    /// <summary>
    /// Returns the files that the generator adds, without code in the formatters: the least that any formatter costs the compiler.
    /// </summary>
    /// <param name="project">The project.</param>
    public static Dictionary<string, string> GenerateWithoutFormatterCode(SampleProject project)
    {
        CSharpCompilation compilation = CreateCompilation(project, annotated: true);
        CSharpGeneratorDriver.Create([new ContractGenerator().AsSourceGenerator()], parseOptions: Options)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation generated, out _);
        return generated.SyntaxTrees.Except(compilation.SyntaxTrees).ToDictionary(
            t => Path.GetFileName(t.FilePath),
            t => IsFormatter(t) ? RemoveCode(t.GetRoot()) : t.ToString());
    }

    private static string RemoveCode(SyntaxNode root) => root
        .ReplaceNodes(
            root.DescendantNodes().OfType<MethodDeclarationSyntax>(),
            (method, _) => method.WithBody((BlockSyntax)SyntaxFactory.ParseStatement("{ throw null; }")))
        .ToFullString();

    private static CSharpCompilation CreateCompilation(SampleProject project, bool annotated) => CSharpCompilation.Create(
        "Sample",
        project.CreateFiles(annotated).Select(f => CSharpSyntaxTree.ParseText(f.Value, Options, f.Key)),
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
        new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            optimizationLevel: OptimizationLevel.Release,
            nullableContextOptions: NullableContextOptions.Enable));

    /// <summary>The median of the generator's time after edits of one file.</summary>
    private static TimeSpan Edit(ref GeneratorDriver driver, ref CSharpCompilation compilation, string file, Func<string, string> create)
    {
        const int Edits = 9;
        var times = new TimeSpan[Edits];
        for (int i = 0; i < Edits; i++)
        {
            SyntaxTree old = compilation.SyntaxTrees.First(t => t.FilePath == file);
            string text = create((i + 2).ToString(System.Globalization.CultureInfo.InvariantCulture));
            compilation = compilation.ReplaceSyntaxTree(old, CSharpSyntaxTree.ParseText(text, Options, file));
            long start = Stopwatch.GetTimestamp();
            driver = driver.RunGenerators(compilation);
            times[i] = Stopwatch.GetElapsedTime(start);
        }

        Array.Sort(times);
        return times[Edits / 2];
    }

    private static async Task<TimeSpan> AnalyzeAsync(Compilation compilation)
    {
        long start = Stopwatch.GetTimestamp();
        ImmutableArray<Diagnostic> found = await compilation
            .WithAnalyzers([new ContractAnalyzer(), new AuthorizationAnalyzer()])
            .GetAnalyzerDiagnosticsAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        return found.IsEmpty ? elapsed : throw new InvalidOperationException($"The sample has an error: {found[0]}");
    }

    private static long Emit(Compilation compilation)
    {
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        return result.Success
            ? image.Length
            : throw new InvalidOperationException(
                $"The sample does not compile: {result.Diagnostics.First(d => d.Severity == DiagnosticSeverity.Error)}");
    }

    private static long ReadPeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static bool IsFormatter(SyntaxTree tree) => tree.FilePath.Contains("ormatter", StringComparison.Ordinal);
}

/// <summary>What was measured inside of the process.</summary>
/// <param name="Lines">The lines of generated code.</param>
/// <param name="LinesOfServices">Those of them that are of services, and not of records.</param>
/// <param name="Characters">The characters of generated code.</param>
/// <param name="AssemblyBytes">The size of the assembly.</param>
/// <param name="PeakMemoryBytes">The peak of the working set.</param>
/// <param name="Generator">The first run of the generator.</param>
/// <param name="Analyzers">The analyzers of this project.</param>
/// <param name="EditOfBody">The generator's time after an edit in a method body.</param>
/// <param name="EditOfService">The generator's time after a method was added to a service.</param>
internal sealed record CompilerFigures(
    long Lines,
    long LinesOfServices,
    long Characters,
    long AssemblyBytes,
    long PeakMemoryBytes,
    TimeSpan Generator,
    TimeSpan Analyzers,
    TimeSpan EditOfBody,
    TimeSpan EditOfService);

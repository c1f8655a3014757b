using Microsoft.CodeAnalysis;
using Shouldly;
using TunnelRpc.Compile;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Tests how much code is generated for ordinary contracts. A large project compiles all of it.</summary>
public sealed class GeneratedSizeTests
{
    private const int MaxLinesPerMethod = 25;
    private const int MaxLinesPerRecord = 60;

    [Fact]
    public void Few_lines_are_generated_for_each_method_and_record()
    {
        var project = new SampleProject(Services: 3, MethodsPerService: 10, Records: 30);
        Compilation compilation = Compilations.Create([.. project.CreateFiles(annotated: true).Values]);

        GeneratorRunResult result = Compilations.CreateDriver().RunGenerators(compilation).GetRunResult().Results.Single();

        ILookup<bool, int> lines = result.GeneratedSources
            .ToLookup(s => s.HintName.EndsWith(".Formatter.g.cs", StringComparison.Ordinal), s => s.SourceText.Lines.Count);
        lines[true].Count().ShouldBe(project.Records);
        lines[true].Max().ShouldBeLessThanOrEqualTo(MaxLinesPerRecord);
        lines[false].Count().ShouldBeGreaterThanOrEqualTo(project.Services);
        ((double)lines[false].Sum() / (project.Services * project.MethodsPerService)).ShouldBeLessThanOrEqualTo(MaxLinesPerMethod);
    }

    [Fact]
    public void Formatters_of_a_large_project_share_files()
    {
        var project = new SampleProject(Services: 11, MethodsPerService: 10, Records: 110);
        Compilation compilation = Compilations.Create([.. project.CreateFiles(annotated: true).Values]);

        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);

        output.SyntaxTrees.Count(t => t.FilePath.Contains("ormatter", StringComparison.Ordinal)).ShouldBeInRange(2, 64);
        Compilations.EmitImage(output).ShouldNotBeEmpty();
        Enumerable.Range(0, project.Records)
            .Where(i => output.GetTypeByMetadataName($"TunnelRpc.Generated.Sample_Record{i}Formatter") is null)
            .ShouldBeEmpty();
    }
}

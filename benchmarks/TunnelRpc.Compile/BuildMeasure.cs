using System.Diagnostics;
using TunnelRpc.Generators;

namespace TunnelRpc.Compile;

/// <summary>Builds the sample project with the SDK and its analyzers, as a user does.</summary>
internal static class BuildMeasure
{
    private const string ProjectFile = "Sample.csproj";

    /// <summary>Returns the time of a clean build after a restore.</summary>
    /// <param name="project">The project.</param>
    /// <param name="annotated">Whether the interfaces are contracts.</param>
    /// <param name="generated">The output of the generator as files of the project; null if the build runs the generator.</param>
    /// <param name="cancellationToken">Cancels the build.</param>
    /// <exception cref="InvalidOperationException">The project does not build.</exception>
    public static async Task<TimeSpan> RunAsync(
        SampleProject project, bool annotated, Dictionary<string, string>? generated, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("tunnelrpc-compile-").FullName;
        try
        {
            await WriteAsync(project, annotated, folder, cancellationToken);
            foreach ((string name, string text) in generated ?? [])
            {
                await File.WriteAllTextAsync(Path.Combine(folder, name), text, cancellationToken);
            }

            string file = CreateProjectFile(runsGenerator: annotated && generated is null);
            await File.WriteAllTextAsync(Path.Combine(folder, ProjectFile), file, cancellationToken);
            await RunAsync(folder, ["restore"], cancellationToken);
            long start = Stopwatch.GetTimestamp();
            await RunAsync(folder, ["build", "--no-restore", "-c", "Release", "-nodeReuse:false"], cancellationToken);
            return Stopwatch.GetElapsedTime(start);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Writes the project to a folder.</summary>
    public static async Task WriteAsync(SampleProject project, bool annotated, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        foreach ((string name, string text) in project.CreateFiles(annotated))
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), text, cancellationToken);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, ProjectFile), CreateProjectFile(annotated), cancellationToken);
    }

    private static string CreateProjectFile(bool runsGenerator) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <UseSharedCompilation>false</UseSharedCompilation>
          </PropertyGroup>
          <ItemGroup>
            <Reference Include="{typeof(TunnelServiceAttribute).Assembly.Location}" />
            {(runsGenerator ? $"<Analyzer Include=\"{typeof(ContractGenerator).Assembly.Location}\" />" : "")}
          </ItemGroup>
        </Project>
        """;

    private static async Task RunAsync(string folder, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet was not started.");
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"dotnet {arguments[0]} failed: {output}");
        }
    }
}

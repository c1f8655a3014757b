using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TunnelRpc.Compile;

// Prints what the generator costs a large project: 200 services of 10 methods and 2,000 records. The figures of docs/performance.md.
//   dotnet run --project benchmarks/TunnelRpc.Compile -c Release [-- --services N] [--no-build] [--write FOLDER]
// --write only writes the project, with and without contracts, to measure other builds of it.
const string InProcess = "--in-process";
int services = args.SkipWhile(a => a != "--services").Skip(1).Select(a => int.Parse(a, CultureInfo.InvariantCulture)).FirstOrDefault(200);
var project = new SampleProject(services, 10, services * 10);
if (args.SkipWhile(a => a != "--write").Skip(1).FirstOrDefault() is { } target)
{
    await BuildMeasure.WriteAsync(project, false, Path.Combine(target, "plain"), CancellationToken.None);
    await BuildMeasure.WriteAsync(project, true, Path.Combine(target, "contracts"), CancellationToken.None);
    return;
}

if (args.Contains(InProcess))
{
    Console.WriteLine(JsonSerializer.Serialize(await CompilerMeasure.RunAsync(project, args.Contains("--annotated"))));
    return;
}

CompilerFigures plain = await MeasureInProcessAsync(false);
CompilerFigures figures = await MeasureInProcessAsync(true);
int methods = project.Services * project.MethodsPerService;
Print("Generated", $"{figures.Lines:N0} lines, {figures.Characters / 1e6:0.0} MB");
Print("Lines for each method", $"{(double)figures.LinesOfServices / methods:0.0}");
Print("Lines for each record", $"{(double)(figures.Lines - figures.LinesOfServices) / project.Records:0.0}");
Print("Generator, first run", $"{figures.Generator.TotalSeconds:0.00} s");
Print("Generator, edit of a body", $"{figures.EditOfBody.TotalMilliseconds:0} ms");
Print("Generator, edit of a service", $"{figures.EditOfService.TotalMilliseconds:0} ms");
Print("Analyzers", $"{figures.Analyzers.TotalSeconds:0.00} s");
Print("Assembly", $"{figures.AssemblyBytes / 1e6:0.0} MB, without contracts {plain.AssemblyBytes / 1e6:0.0} MB "
    + $"({(double)figures.AssemblyBytes / plain.AssemblyBytes:0.00} x)");
Print("Peak memory", $"{figures.PeakMemoryBytes / 1e6:N0} MB, without contracts {plain.PeakMemoryBytes / 1e6:N0} MB");
if (!args.Contains("--no-build"))
{
    Dictionary<string, string> declarations = CompilerMeasure.GenerateWithoutFormatterCode(project);
    TimeSpan without = await BuildMeasure.RunAsync(project, false, null, CancellationToken.None);
    TimeSpan with = await BuildMeasure.RunAsync(project, true, null, CancellationToken.None);
    TimeSpan floor = await BuildMeasure.RunAsync(project, true, declarations, CancellationToken.None);
    Print("Clean build", $"{with.TotalSeconds:0.0} s, without contracts {without.TotalSeconds:0.0} s ({with / without:0.00} x)");
    Print("Formatters without code", $"{floor.TotalSeconds:0.0} s, and no generator ({floor / without:0.00} x)");
}

static void Print(string name, string value) => Console.WriteLine($"{name,-30}{value}");

async Task<CompilerFigures> MeasureInProcessAsync(bool annotated)
{
    string[] arguments = [InProcess, "--services", services.ToString(CultureInfo.InvariantCulture), annotated ? "--annotated" : ""];
    var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true };
    using Process child = Process.Start(start) ?? throw new InvalidOperationException("The measuring process was not started.");
    string output = await child.StandardOutput.ReadToEndAsync();
    await child.WaitForExitAsync();
    return child.ExitCode == 0
        ? JsonSerializer.Deserialize<CompilerFigures>(output)!
        : throw new InvalidOperationException($"The measuring process failed with {child.ExitCode}.");
}

using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using TunnelRpc.Micro.Codec;

if (args is ["--codec"])
{
    new CodecComparison().Run();
    return;
}

// The default is a short job in this process, so that all benchmarks take a few minutes. --job, --filter and all other options are those of
// BenchmarkDotNet.
bool jobGiven = args.Any(a => a is "--job" or "-j");
bool filterGiven = args.Any(
    a => a is "--filter" or "-f" or "--list" or "--anyCategories" or "--allCategories" or "--help" or "--info" or "--version");
IConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumn(StatisticColumn.Median, StatisticColumn.Min)
    .HideColumns(Column.Job, Column.RatioSD, Column.Gen0, Column.Gen1, Column.Gen2)
    .WithSummaryStyle(SummaryStyle.Default.WithCultureInfo(CultureInfo.InvariantCulture));
if (!jobGiven)
{
    config = config.AddJob(Job.Default
        .WithToolchain(InProcessEmitToolchain.Instance)
        .WithWarmupCount(5)
        .WithIterationCount(9)
        .WithIterationTime(TimeInterval.FromMilliseconds(100))
        .WithId("Short"));
}

string[] all = ["--filter", "*"];
string[] inProcess = ["--inProcess"];
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(
    [.. args, .. filterGiven ? [] : all, .. jobGiven && !args.Contains("--inProcess") ? inProcess : []], config);

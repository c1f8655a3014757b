using System.CommandLine;
using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Running;

/// <summary>The command line.</summary>
internal sealed class LoadCommand
{
    /// <summary>The exit code of a program that was interrupted.</summary>
    private const int InterruptedExitCode = 130;

    private static readonly int[] Concurrencies = [1, 16, UnaryMeasure.DefaultConcurrency, 1024];

    private readonly Option<bool> _quick = new("--quick") { Description = "Short rounds, and without what is dear: under 50 s in all." };
    private readonly Option<FileInfo?> _json = new("--json") { Description = "Also write the rows to this file, as a JSON array." };
    private readonly Option<string[]> _only = List("--only", "Only these measures", MeasureList.Names);
    private readonly Option<string[]> _systems = List("--system", "Only these systems", SystemNames.All);
    private readonly Option<string[]> _transports = List("--transport", "TunnelRpc over these transports only", [.. TunnelTarget.Transports]);
    private readonly Option<int[]> _concurrencies = new("--concurrency") { Description = "Unary calls at once, where others are wanted than 1, 16, 128 and 1,024.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> _rounds = new("--rounds") { Description = "How many rounds, of which the median counts." };
    private readonly Option<double?> _seconds = new("--seconds") { Description = "How long a round takes." };
    private readonly Option<DirectoryInfo?> _published = new("--published") { Description = "Measure cold starts also of other builds of this program: one in each directory of this one, named by it (for instance r2r and trimmed)." };

    public Task<int> InvokeAsync(string[] arguments)
    {
        var root = new RootCommand("Measures TunnelRpc beside what the machine can do and what the platform offers: server and client in separate processes, interleaved rounds, medians.")
        {
            _quick, _json, _only, _systems, _transports, _concurrencies, _rounds, _seconds, _published,
        };
        root.SetAction(RunAsync);
        return root.Parse(arguments).InvokeAsync();
    }

    private async Task<int> RunAsync(ParseResult given, CancellationToken cancellationToken)
    {
        bool quick = given.GetValue(_quick);
        var settings = new RunSettings(
            quick,
            TimeSpan.FromSeconds(given.GetValue(_seconds) ?? (quick ? 0.2 : 1)),
            TimeSpan.FromSeconds(quick ? 1 : 5),
            given.GetValue(_rounds) ?? (quick ? 3 : 5))
        {
            Published = given.GetValue(_published),
        };
        var run = new LoadProgram(settings, cancellationToken)
        {
            Measures = given.GetValue(_only) ?? [],
            Systems = given.GetValue(_systems) ?? [],
            Transports = given.GetValue(_transports) is { Length: > 0 } some ? some : [.. TunnelTarget.Transports],
            Concurrencies = given.GetValue(_concurrencies) is { Length: > 0 } others ? others : Concurrencies,
            Json = given.GetValue(_json),
        };
        try
        {
            return await run.RunAsync();
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Whatever it was: what was under way has been stopped.
            Console.Error.WriteLine("Stopped.");
            return InterruptedExitCode;
        }
    }

    /// <summary>An option that takes names, separated by commas.</summary>
    private static Option<string[]> List(string name, string meaning, IReadOnlyList<string> known) => new(name)
    {
        Description = $"{meaning}, separated by commas: {string.Join(", ", known)}.",
        CustomParser = result =>
        {
            string[] given = [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
            if (given.FirstOrDefault(g => !known.Contains(g)) is { } wrong)
            {
                result.AddError($"{name}: expected some of {string.Join(", ", known)}, got '{wrong}'.");
            }

            return given;
        },
    };
}

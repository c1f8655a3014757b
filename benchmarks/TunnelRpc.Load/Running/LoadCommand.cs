using System.CommandLine;
using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Running;

/// <summary>The command line.</summary>
internal sealed class LoadCommand
{
    /// <summary>The exit code after an interrupt (128 + SIGINT).</summary>
    private const int InterruptedExitCode = 130;

    private static readonly int[] Concurrencies = [1, 16, UnaryMeasure.DefaultConcurrency, 1024];

    private readonly Option<bool> _quick = new("--quick")
    {
        Description = "Use short rounds and skip the expensive measures: less than 50 s in total.",
    };

    private readonly Option<bool> _peers = new("--peers")
    {
        Description = $"Also measure {string.Join(", ", SystemNames.Peers)}: build benchmarks/TunnelRpc.Load.Peers first.",
    };

    private readonly Option<FileInfo?> _json = new("--json") { Description = "Also write the rows to this file, as a JSON array." };
    private readonly Option<string[]> _only = List("--only", "Only these measures", MeasureList.Names);
    private readonly Option<string[]> _systems = List("--system", "Only these systems", SystemNames.All);
    private readonly Option<string[]> _transports = List("--transport", "Only these transports of TunnelRpc", [.. TunnelTarget.Transports]);

    private readonly Option<int[]> _concurrencies = new("--concurrency")
    {
        Description = "The numbers of concurrent unary calls (default: 1, 16, 128 and 1,024).",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int?> _rounds = new("--rounds")
    {
        Description = "The number of rounds. The result is their median (default: 5, or 3 with --quick).",
    };

    private readonly Option<double?> _seconds = new("--seconds")
    {
        Description = "The duration of a round in seconds (default: 1, or 0.2 with --quick).",
    };

    private readonly Option<PathSettings?> _path = new("--path")
    {
        Description =
            $"Put a relay between client and server that delays and limits, as {PathSettings.Form}. Standalone measures ignore it.",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!PathSettings.TryParse(text, out PathSettings? path))
            {
                result.AddError($"--path: expected {PathSettings.Form}, got '{text}'.");
            }

            return path;
        },
    };

    private readonly Option<DirectoryInfo?> _published = new("--published")
    {
        Description = "Also measure cold starts of other builds of this program: one in each subdirectory of this directory. " +
            "The name of the subdirectory (for example r2r or trimmed) names the build.",
    };

    public Task<int> InvokeAsync(string[] arguments)
    {
        var root = new RootCommand(
            "Measures TunnelRpc and compares it with the limit of the machine and with the RPC of the platform. Server and client run in " +
            "separate processes, rounds are interleaved, and the results are medians.")
        {
            _quick, _peers, _json, _only, _systems, _transports, _concurrencies, _rounds, _seconds, _path, _published,
        };
        root.SetAction(RunAsync);
        return root.Parse(arguments).InvokeAsync();
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool quick = parsed.GetValue(_quick);
        IReadOnlyList<string> transports = parsed.GetValue(_transports) is { Length: > 0 } chosen ? chosen : [.. TunnelTarget.Transports];
        var settings = new RunSettings(
            quick,
            TimeSpan.FromSeconds(parsed.GetValue(_seconds) ?? (quick ? 0.2 : 1)),
            TimeSpan.FromSeconds(quick ? 1 : 5),
            parsed.GetValue(_rounds) ?? (quick ? 3 : 5))
        {
            Peers = parsed.GetValue(_peers),
            Published = parsed.GetValue(_published),
            Transports = transports,
            Path = parsed.GetValue(_path),
        };
        var run = new LoadProgram(settings, cancellationToken)
        {
            Measures = parsed.GetValue(_only) ?? [],
            Systems = parsed.GetValue(_systems) ?? [],
            Transports = transports,
            Concurrencies = parsed.GetValue(_concurrencies) is { Length: > 0 } concurrencies ? concurrencies : Concurrencies,
            Json = parsed.GetValue(_json),
        };
        try
        {
            return await run.RunAsync();
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The cancellation can surface as any exception type, because it stops processes and calls in progress.
            Console.Error.WriteLine("Stopped: the run was interrupted.");
            return InterruptedExitCode;
        }
    }

    /// <summary>An option that takes names, separated by commas.</summary>
    private static Option<string[]> List(string name, string description, IReadOnlyList<string> known) => new(name)
    {
        Description = $"{description}, separated by commas: {string.Join(", ", known)}.",
        CustomParser = result =>
        {
            const StringSplitOptions Options = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
            string[] names = [.. result.Tokens.SelectMany(t => t.Value.Split(',', Options))];
            if (names.FirstOrDefault(n => !known.Contains(n)) is { } unknown)
            {
                result.AddError($"{name}: expected one or more of {string.Join(", ", known)}, got '{unknown}'.");
            }

            return names;
        },
    };
}

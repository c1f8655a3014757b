using System.Globalization;

namespace TunnelRpc.Simulation.Commands;

/// <summary>The parsed command line.</summary>
internal sealed record CommandLine
{
    public const string Usage = """
        Usage: dotnet run --project tests/TunnelRpc.Simulation -c Release -- [options]
          --seeds FIRST..LAST   runs these seeds; default: 1..10000
          --seed N              runs one seed
          --trace               prints all events of the run
          --hashes              prints a hash of all events, for each seed
          --processes N         distributes the seeds over N processes; default: the number of processors
          --defect NAME         builds a copy of the sources with a defect, and runs seeds until one finds it; with --seed: runs that seed
          --defects             the same for every defect in the list
        """;

    public ulong First { get; private init; } = 1;

    public ulong Last { get; private init; } = 10_000;

    public bool Trace { get; private init; }

    public bool Hashes { get; private init; }

    public int Processes { get; private init; } = Environment.ProcessorCount;

    /// <summary>The part of the seeds that this process runs, and the number of parts; null for all seeds.</summary>
    public (ulong Index, ulong Count)? Shard { get; private init; }

    /// <summary>The defects to find; empty for all, null for none.</summary>
    public IReadOnlyList<string>? Defects { get; private init; }

    /// <summary>Whether to stop at the first seed that fails.</summary>
    public bool StopsAtFailure { get; private init; }

    public bool IsOneSeed => First == Last;

    /// <summary>Parses the arguments; null if one is unknown or malformed.</summary>
    public static CommandLine? Parse(string[] args)
    {
        var line = new CommandLine();
        for (int i = 0; i < args.Length; i++)
        {
            CommandLine? next = args[i] switch
            {
                "--trace" => line with { Trace = true },
                "--hashes" => line with { Hashes = true },
                "--stop" => line with { StopsAtFailure = true },
                "--defects" => line with { Defects = [] },
                "--seed" when TryParseNumber(args, ++i, out ulong seed) =>
                    line with { First = seed, Last = seed, Processes = 1 },
                "--processes" when TryParseNumber(args, ++i, out ulong processes) && processes is > 0 and <= 256 =>
                    line with { Processes = (int)processes },
                "--defect" when ++i < args.Length => line with { Defects = [args[i]] },
                "--seeds" when ++i < args.Length && TryParseRange(args[i], "..", out ulong first, out ulong last) && first <= last =>
                    line with { First = first, Last = last },
                "--shard" when ++i < args.Length && TryParseRange(args[i], "/", out ulong index, out ulong count) =>
                    line with { Shard = (index, count) },
                _ => null,
            };
            if (next is null)
            {
                return null;
            }

            line = next;
        }

        return line;
    }

    private static bool TryParseNumber(string[] args, int at, out ulong number)
    {
        number = 0;
        return at < args.Length && ulong.TryParse(args[at], NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryParseRange(string text, string separator, out ulong first, out ulong second)
    {
        second = 0;
        string[] parts = text.Split(separator);
        return ulong.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out first)
            && parts.Length == 2
            && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out second);
    }
}

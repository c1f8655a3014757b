using System.Diagnostics;

namespace TunnelRpc.Simulation.Commands;

/// <summary>Runs seeds one after another in this process.</summary>
internal static class SeedLoop
{
    /// <summary>The number of failed seeds that are printed. One bug may fail many seeds.</summary>
    private const int MaxReported = 10;

    public static async Task<int> RunAsync(CommandLine line)
    {
        var totals = new Totals();
        using var watchdog = new Watchdog();
        long start = Stopwatch.GetTimestamp();
        for (ulong seed = line.First; seed <= line.Last; seed++)
        {
            if (line.Shard is { } shard && seed % shard.Count != shard.Index)
            {
                continue;
            }

            watchdog.OnSeed(seed);
            RunResult result = await SimRun.RunAsync(seed, line.Trace ? Console.Out : null).ConfigureAwait(false);
            totals += Totals.From(result);
            if (line.Hashes)
            {
                Console.WriteLine($"seed {seed} hash {result.Hash:x16}");
            }

            if (result.Violations.Count > 0 && totals.Failed <= MaxReported)
            {
                Report(result, withTail: line.IsOneSeed && !line.Trace);
            }

            if (totals.Failed > 0 && line.StopsAtFailure)
            {
                break;
            }
        }

        if (line.Shard is null)
        {
            totals.Print(Stopwatch.GetElapsedTime(start));
        }
        else
        {
            Console.WriteLine(totals.ToLine());
        }

        return totals.Failed == 0 ? 0 : 1;
    }

    private static void Report(RunResult result, bool withTail)
    {
        Console.WriteLine($"seed {result.Seed} failed:");
        foreach (string entry in withTail ? result.TraceTail : [])
        {
            Console.WriteLine($"    {entry}");
        }

        foreach (string violation in result.Violations)
        {
            Console.WriteLine($"  {violation}");
        }

        Console.WriteLine($"  replay: {Replay.Command(result.Seed)}");
    }
}

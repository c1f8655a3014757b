using System.Diagnostics;

namespace TunnelRpc.Simulation.Commands;

/// <summary>Distributes seeds over processes, since each process has one worker.</summary>
internal static class ShardedRun
{
    public static async Task<int> RunAsync(CommandLine line)
    {
        long start = Stopwatch.GetTimestamp();
        Totals?[] totals = await Task
            .WhenAll(Enumerable.Range(0, line.Processes).Select(index => RunShardAsync(line, index)))
            .ConfigureAwait(false);
        totals.Aggregate(new Totals(), (sum, shard) => sum + (shard ?? new Totals())).Print(Stopwatch.GetElapsedTime(start));
        return totals.All(t => t is { Failed: 0 }) ? 0 : 1;
    }

    /// <summary>Runs one part of the seeds in a process of its own. Returns null if the process ended before its last seed.</summary>
    private static async Task<Totals?> RunShardAsync(CommandLine line, int index)
    {
        Totals? totals = null;
        string[] args =
        [
            "--seeds", $"{line.First}..{line.Last}", "--shard", $"{index}/{line.Processes}",
            .. line.Hashes ? (string[])["--hashes"] : [],
        ];
        int code = await ChildProcess.RunAsync(
            ChildProcess.Self(args),
            text =>
            {
                totals ??= Totals.Parse(text);
                if (totals is null)
                {
                    Console.WriteLine(text);
                }
            }).ConfigureAwait(false);
        if (totals is null)
        {
            Console.WriteLine($"The process of part {index} of {line.Processes} ended with exit code {code} before its last seed.");
        }

        return totals;
    }
}

using System.Diagnostics;
using System.Globalization;
using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation;

/// <summary>The program's command line.</summary>
internal static class Commands
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (!Driver.HasOneWorker)
        {
            Console.Error.WriteLine("Expected a thread pool of one worker (System.Threading.ThreadPool.MaxThreads in runtimeconfig.json), got more: runs would not be repeatable.");
            return 2;
        }

        ulong from = ulong.Parse(args[0], CultureInfo.InvariantCulture);
        ulong to = args.Length > 1 ? ulong.Parse(args[1], CultureInfo.InvariantCulture) : from;
        int failed = 0;
        long events = 0, cuts = 0, calls = 0, lost = 0, sessions = 0;
        long start = Stopwatch.GetTimestamp();
        for (ulong seed = from; seed <= to; seed++)
        {
            RunResult result = await SimRun.RunAsync(seed, args.Length > 2 ? Console.Out : null).ConfigureAwait(false);
            events += result.Events; cuts += result.Cuts; calls += result.Calls; lost += result.Lost; sessions += result.Sessions;
            if (result.Violations.Count > 0)
            {
                failed++;
                foreach (string violation in result.Violations.Take(failed < 10 ? 3 : 0))
                {
                    Console.WriteLine($"seed {seed}: {violation[..Math.Min(1500, violation.Length)]}");
                }
            }
            if (from == to)
            {
                Console.WriteLine($"hash {result.Hash:x16}");
            }
        }

        Console.WriteLine($"{to - from + 1} seeds, {failed} failed, {events} events, {cuts} cuts, {calls} calls, {lost} lost, {sessions} sessions, {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
        return failed == 0 ? 0 : 1;
    }
}

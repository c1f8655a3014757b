using System.Diagnostics;
using TunnelRpc.Simulation.Commands;

namespace TunnelRpc.Simulation.Defects;

/// <summary>Inserts defects into a copy of the sources, and verifies that seeds find each of them.</summary>
internal static class DefectSuite
{
    public static async Task<int> RunAsync(CommandLine line)
    {
        Defect[] defects =
        [
            .. line.Defects!.Count == 0 ? DefectList.All : DefectList.All.Where(d => line.Defects.Contains(d.Name)),
        ];
        if (defects.Length == 0)
        {
            Console.Error.WriteLine($"Unknown defect {line.Defects[0]}. Known: {string.Join(", ", DefectList.All.Select(d => d.Name))}");
            return 2;
        }

        long start = Stopwatch.GetTimestamp();
        try
        {
            using DefectBuild build = await DefectBuild.BuildAsync().ConfigureAwait(false);
            Console.WriteLine(
                $"Built a copy of the sources with {DefectList.All.Count} defects in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
            return line.IsOneSeed
                ? await ReplayAsync(build, defects[0], line).ConfigureAwait(false)
                : await FindAsync(build, defects).ConfigureAwait(false);
        }
        catch (InvalidOperationException error)
        {
            Console.WriteLine(error.Message);
            Console.WriteLine($"0 passed, {defects.Length} failed");
            return 1;
        }
    }

    private static async Task<int> FindAsync(DefectBuild build, Defect[] defects)
    {
        // Without a defect, the copy must pass as the original does. Otherwise the seeds would fail for another cause than the defect.
        bool isSound = await RunAsync(build, "", ["--seeds", "1..200", "--processes", "1"], _ => { }).ConfigureAwait(false) == 0;
        Console.WriteLine(isSound ? "no defect: 200 seeds pass" : "NO DEFECT, BUT SEEDS FAIL: run the seeds without --defects first");
        int found = isSound ? 1 : 0;
        using var slots = new SemaphoreSlim(Environment.ProcessorCount);
        bool[] results = await Task.WhenAll(defects.Select(d => IsFoundAsync(build, d, slots))).ConfigureAwait(false);
        found += results.Count(isFound => isFound);
        Console.WriteLine($"{found} passed, {defects.Length + 1 - found} failed");
        return found == defects.Length + 1 ? 0 : 1;
    }

    private static async Task<bool> IsFoundAsync(DefectBuild build, Defect defect, SemaphoreSlim slots)
    {
        var output = new List<string>();
        await slots.WaitAsync().ConfigureAwait(false);
        long start = Stopwatch.GetTimestamp();
        int code;
        try
        {
            string[] args = ["--seeds", $"1..{defect.Seeds}", "--processes", "1", "--stop"];
            code = await RunAsync(build, defect.Name, args, output.Add).ConfigureAwait(false);
        }
        finally
        {
            slots.Release();
        }

        int at = output.FindIndex(l => l.EndsWith(" failed:", StringComparison.Ordinal));
        if (code != 1 || at < 0)
        {
            Console.WriteLine($"{defect.Name}: NOT FOUND by {defect.Seeds} seeds{(code is 0 or 1 ? "" : $", exit code {code}")}");
            return false;
        }

        Console.WriteLine($"{defect.Name}: {output[at]} (after {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s)");
        foreach (string line in output.Skip(at + 1).Where(l => l.StartsWith("  ", StringComparison.Ordinal)))
        {
            bool isReplay = line.StartsWith("  replay:", StringComparison.Ordinal);
            if (isReplay || line == output[at + 1])
            {
                Console.WriteLine(line.Length <= 300 ? line : line[..300] + "…");
            }
        }

        return true;
    }

    private static Task<int> ReplayAsync(DefectBuild build, Defect defect, CommandLine line) =>
        RunAsync(
            build,
            defect.Name,
            ["--seed", line.First.ToString(System.Globalization.CultureInfo.InvariantCulture), .. line.Trace ? (string[])["--trace"] : []],
            Console.WriteLine);

    private static Task<int> RunAsync(DefectBuild build, string defect, IEnumerable<string> args, Action<string> onLine)
    {
        ProcessStartInfo start = ChildProcess.DotNet([build.Program, .. args]);
        start.Environment[DefectBuild.Variable] = defect;
        return ChildProcess.RunAsync(start, onLine);
    }
}

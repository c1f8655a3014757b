using System.Globalization;

namespace TunnelRpc.Simulation.Commands;

/// <summary>The sums over many runs.</summary>
internal sealed record Totals
{
    private const string LinePrefix = "totals ";

    public long Passed { get; private init; }

    public long Failed { get; private init; }

    public long Events { get; private init; }

    public long Links { get; private init; }

    public long Cuts { get; private init; }

    public long FaultyExchanges { get; private init; }

    public long Sessions { get; private init; }

    public long Calls { get; private init; }

    public long LostCalls { get; private init; }

    public static Totals operator +(Totals left, Totals right) => new()
    {
        Passed = left.Passed + right.Passed,
        Failed = left.Failed + right.Failed,
        Events = left.Events + right.Events,
        Links = left.Links + right.Links,
        Cuts = left.Cuts + right.Cuts,
        FaultyExchanges = left.FaultyExchanges + right.FaultyExchanges,
        Sessions = left.Sessions + right.Sessions,
        Calls = left.Calls + right.Calls,
        LostCalls = left.LostCalls + right.LostCalls,
    };

    public static Totals From(RunResult result) => new()
    {
        Passed = result.Violations.Count == 0 ? 1 : 0,
        Failed = result.Violations.Count == 0 ? 0 : 1,
        Events = result.Events,
        Links = result.Links,
        Cuts = result.Cuts,
        FaultyExchanges = result.FaultyExchanges,
        Sessions = result.Sessions,
        Calls = result.Calls,
        LostCalls = result.LostCalls,
    };

    /// <summary>The line by which a process reports its totals to the process that started it.</summary>
    public string ToLine() => LinePrefix + string.Join(
        ' ',
        ((long[])[Passed, Failed, Events, Links, Cuts, FaultyExchanges, Sessions, Calls, LostCalls])
            .Select(n => n.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Parses a line of <see cref="ToLine"/>; null for any other line.</summary>
    public static Totals? Parse(string line)
    {
        if (!line.StartsWith(LinePrefix, StringComparison.Ordinal))
        {
            return null;
        }

        long[] n = [.. line[LinePrefix.Length..].Split(' ').Select(part => long.Parse(part, CultureInfo.InvariantCulture))];
        return new Totals
        {
            Passed = n[0],
            Failed = n[1],
            Events = n[2],
            Links = n[3],
            Cuts = n[4],
            FaultyExchanges = n[5],
            Sessions = n[6],
            Calls = n[7],
            LostCalls = n[8],
        };
    }

    /// <summary>Prints the totals. The last line has the form that .ci/run parses.</summary>
    public void Print(TimeSpan elapsed)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Passed + Failed} seeds in {elapsed.TotalSeconds:F1} s: {Events} events, {Links} links ({Cuts} cut), "
            + $"{FaultyExchanges} faulty exchanges, {Sessions} sessions counted on both sides, "
            + $"{Calls} calls ({LostCalls} failed because their session ended)"));
        Console.WriteLine($"{Passed} passed, {Failed} failed");
    }
}

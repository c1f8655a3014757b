using System.Globalization;

namespace TunnelRpc.Simulation.Commands;

/// <summary>What many seeds came to.</summary>
internal sealed record Totals
{
    private const string Mark = "totals ";

    public long Passed { get; private init; }

    public long Failed { get; private init; }

    public long Events { get; private init; }

    public long Links { get; private init; }

    public long Cuts { get; private init; }

    public long Sessions { get; private init; }

    public long Calls { get; private init; }

    public long Lost { get; private init; }

    public static Totals operator +(Totals left, Totals right) => new()
    {
        Passed = left.Passed + right.Passed,
        Failed = left.Failed + right.Failed,
        Events = left.Events + right.Events,
        Links = left.Links + right.Links,
        Cuts = left.Cuts + right.Cuts,
        Sessions = left.Sessions + right.Sessions,
        Calls = left.Calls + right.Calls,
        Lost = left.Lost + right.Lost,
    };

    public static Totals Of(RunResult result) => new()
    {
        Passed = result.Violations.Count == 0 ? 1 : 0,
        Failed = result.Violations.Count == 0 ? 0 : 1,
        Events = result.Events,
        Links = result.Links,
        Cuts = result.Cuts,
        Sessions = result.Sessions,
        Calls = result.Calls,
        Lost = result.Lost,
    };

    /// <summary>What a process tells the one that started it.</summary>
    public string ToLine() => Mark + string.Join(' ', ((long[])[Passed, Failed, Events, Links, Cuts, Sessions, Calls, Lost]).Select(n => n.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Reads what <see cref="ToLine"/> wrote; null for any other line.</summary>
    public static Totals? Read(string line)
    {
        if (!line.StartsWith(Mark, StringComparison.Ordinal))
        {
            return null;
        }

        long[] n = [.. line[Mark.Length..].Split(' ').Select(part => long.Parse(part, CultureInfo.InvariantCulture))];
        return new Totals { Passed = n[0], Failed = n[1], Events = n[2], Links = n[3], Cuts = n[4], Sessions = n[5], Calls = n[6], Lost = n[7] };
    }

    /// <summary>For a reader; the last line is for who counts suites.</summary>
    public void Print(TimeSpan elapsed)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Passed + Failed} seeds in {elapsed.TotalSeconds:F1} s: {Events} events, {Links} links of which {Cuts} were cut, {Sessions} ends of sessions, {Calls} calls of which {Lost} were lost with their session"));
        Console.WriteLine($"{Passed} passed, {Failed} failed");
    }
}

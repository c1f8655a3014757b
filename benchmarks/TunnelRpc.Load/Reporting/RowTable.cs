using System.Globalization;
using System.Text;
using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Reporting;

/// <summary>Prints the rows, one table for each measure, with their ratios to the limit.</summary>
internal static class RowTable
{
    private const int Width = 11;

    public static void Print(IReadOnlyList<Measurement> rows)
    {
        foreach (IGrouping<string, Measurement> measure in rows.GroupBy(r => r.Measure))
        {
            Measurement[] all = [.. measure];
            Column[] columns = [.. Columns(all).Where(c => all.Any(m => c.Of(m) is not null))];
            int cases = all.Max(m => m.Case?.Length ?? 0);
            Console.WriteLine();
            string headers = string.Concat(columns.Select(c => c.Header.PadLeft(Width)));
            Console.WriteLine($"{measure.Key,-12} {"transport",-16} {"".PadRight(cases)} {headers}".TrimEnd());
            foreach (Measurement m in all)
            {
                var line = new StringBuilder($"{m.System,-12} {m.Transport,-16} {(m.Case ?? "").PadRight(cases)} ");
                foreach (Column column in columns)
                {
                    line.Append((column.Of(m)?.ToString(column.Format, CultureInfo.InvariantCulture) ?? "").PadLeft(Width));
                }

                Console.WriteLine(line.ToString().TrimEnd());
            }
        }
    }

    private static IEnumerable<Column> Columns(Measurement[] all) =>
    [
        new("concurrent", "N0", m => m.Concurrency > 0 ? m.Concurrency : null),
        new("per second", "N0", m => m.PerSecond),
        new("MB/s", all.Any(m => m.MegabytesPerSecond < 1) ? "N2" : "N0", m => m.MegabytesPerSecond),
        new("calls ok", "N0", m => m.Succeeded),
        new("failed", "N0", m => m.Failed),
        new("new ok", "N0", m => m.NewSessions),
        new("refused", "N0", m => m.RefusedSessions),
        new("ms", "N1", m => m.Milliseconds),
        new("KiB each", "N1", m => m.KibibytesPerConnection),
        new("peak MiB c", "N0", m => m.PeakMebibytesClient),
        new("peak MiB s", "N0", m => m.PeakMebibytesServer),
        new("count MiB", "N1", m => m.CountedMebibytes),
        new("live MiB", "N1", m => m.LiveMebibytes),
        new("live/count", "F2", m => m.LiveMebibytes / m.CountedMebibytes),
        new("res. MiB", "N1", m => m.ResidentMebibytes),
        new("/ limit", "F2", m => Ratio(all, m, MainOf)),
        new("p50 µs", "N1", m => m.P50Micros),
        new("p99 µs", "N1", m => m.P99Micros),
        new("p99.9 µs", "N1", m => m.P999Micros),
        new("p99.9/p50", "N1", m => m.P999Micros / m.P50Micros),
        new("B client", "N1", m => m.AllocatedBytesClient),
        new("B server", "N1", m => m.AllocatedBytesServer),
        new("CPU µs cl.", "N2", m => m.CpuMicrosClient),
        new("CPU µs se.", "N2", m => m.CpuMicrosServer),
        new("CPU/limit", "F2", m => Ratio(all, m, r => r.CpuMicrosClient + r.CpuMicrosServer)),
        new("segments", "F3", m => m.Segments),
    ];

    /// <summary>Returns the ratio to the row of the limit in the same case; null if there is none, or if it is this row.</summary>
    private static double? Ratio(Measurement[] all, Measurement row, Func<Measurement, double?> of)
    {
        Measurement? limit = all.FirstOrDefault(r =>
            r.System is SystemNames.RawTcp or SystemNames.RawCopy && r.Concurrency == row.Concurrency && r.Case == row.Case);
        return limit is null || limit == row || row.Measure == HalfLoadMeasure.MeasureName ? null : of(row) / of(limit);
    }

    private static double? MainOf(Measurement row) =>
        row.PerSecond ?? row.MegabytesPerSecond ?? row.Milliseconds ?? row.KibibytesPerConnection;
}

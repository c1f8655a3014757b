using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Reporting;

/// <summary>Prints rows, a table for each measure, beside the limit.</summary>
internal static class RowTable
{
    public static void Print(IReadOnlyList<Measurement> rows)
    {
        foreach (IGrouping<string, Measurement> measure in rows.GroupBy(r => r.Measure))
        {
            bool isBulk = measure.All(m => m.MegabytesPerSecond is not null && m.PerSecond is null);
            Console.WriteLine();
            Console.WriteLine(isBulk
                ? $"{measure.Key,-12} {"transport",-16} {"MB/s",10} {"/ limit",8}"
                : $"{measure.Key,-12} {"transport",-16} {"at once",7} {"per second",12} {"/ limit",8} {"p50 µs",9} {"p99 µs",9} {"p99.9 µs",9} {"B client",9} {"B server",9} {"CPU µs c",9} {"CPU µs s",9} {"segments",9}");
            foreach (Measurement m in measure.OrderBy(m => m.Concurrency))
            {
                Console.WriteLine(isBulk
                    ? $"{m.System,-12} {m.Transport,-16} {m.MegabytesPerSecond,10:N0} {Ratio(m, m.MegabytesPerSecond, Limit(rows, SystemNames.RawCopy, m)?.MegabytesPerSecond),8}"
                    : $"{m.System,-12} {m.Transport,-16} {m.Concurrency,7:N0} {m.PerSecond,12:N0} {Ratio(m, m.PerSecond, Limit(rows, SystemNames.RawTcp, m)?.PerSecond),8} {m.P50Micros,9:F1} {m.P99Micros,9:F1} {m.P999Micros,9:F1} {m.AllocatedBytesClient,9:F1} {m.AllocatedBytesServer,9:F1} {m.CpuMicrosClient,9:F2} {m.CpuMicrosServer,9:F2} {m.Segments,9:F3}");
            }
        }
    }

    /// <summary>What <paramref name="row"/> is compared with; null when the limit was not measured so.</summary>
    private static Measurement? Limit(IReadOnlyList<Measurement> rows, string system, Measurement row) =>
        rows.FirstOrDefault(r => r.System == system && r.Measure == row.Measure && r.Concurrency == row.Concurrency);

    private static string Ratio(Measurement row, double? value, double? limit) => limit is null || row.System is SystemNames.RawCopy or SystemNames.RawTcp ? "" : $"{value / limit:F2}";
}

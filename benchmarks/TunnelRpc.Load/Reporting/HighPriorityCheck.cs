using TunnelRpc.Load.Measures;

namespace TunnelRpc.Load.Reporting;

/// <summary>A call of high priority is to take at most five times as long beside bulk as it does alone.</summary>
internal static class HighPriorityCheck
{
    private const double MaxRatio = 5;

    /// <summary>Prints what came of it; true also when it was not measured.</summary>
    public static bool Passes(IReadOnlyList<Measurement> rows)
    {
        double? alone = rows.SingleOrDefault(m => m.Measure == HighPriorityMeasure.MeasureName)?.P50Micros;
        bool pass = true;
        foreach (Measurement beside in rows.Where(m => m.Measure is HighPriorityMeasure.WithUpload or HighPriorityMeasure.WithDownload))
        {
            double ratio = beside.P50Micros!.Value / alone!.Value;
            pass &= ratio <= MaxRatio;
            Console.WriteLine($"{beside.Measure}: a call of high priority beside 100 MB, which go at {beside.MegabytesPerSecond:F0} MB/s, takes {ratio:F1} times as long as alone (median; at most {MaxRatio}): {(ratio <= MaxRatio ? "holds" : "does not hold")}.");
        }

        return pass;
    }
}

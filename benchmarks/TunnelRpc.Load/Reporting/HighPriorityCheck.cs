using TunnelRpc.Load.Measures;

namespace TunnelRpc.Load.Reporting;

/// <summary>Checks that a call of high priority takes at most five times as long during a bulk transfer as alone (median).</summary>
internal static class HighPriorityCheck
{
    private const double MaxRatio = 5;

    /// <summary>Prints the result. Returns true also if it was not measured.</summary>
    public static bool Passes(IReadOnlyList<Measurement> rows)
    {
        double? alone = rows.SingleOrDefault(m => m.Measure == HighPriorityMeasure.MeasureName)?.P50Micros;
        bool pass = true;
        foreach (Measurement loaded in rows.Where(m => m.Measure is HighPriorityMeasure.WithUpload or HighPriorityMeasure.WithDownload))
        {
            double ratio = loaded.P50Micros!.Value / alone!.Value;
            pass &= ratio <= MaxRatio;
            Console.WriteLine(
                $"{loaded.Measure}: during a bulk transfer of 100 MB at {loaded.MegabytesPerSecond:F0} MB/s, a call of high priority " +
                $"takes {ratio:F1} times as long as alone (median; at most {MaxRatio}): {(ratio <= MaxRatio ? "met" : "not met")}.");
        }

        return pass;
    }
}

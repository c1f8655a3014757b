namespace TunnelRpc.Load.Reporting;

/// <summary>One row: medians over the rounds. A field that was not measured is null, and left out of JSON.</summary>
internal sealed record Measurement(string System, string Transport, string Measure, int Concurrency)
{
    /// <summary>What was different between rows of the same measure, in words; null when nothing was.</summary>
    public string? Case { get; init; }

    /// <summary>Calls or items.</summary>
    public double? PerSecond { get; init; }

    public double? P50Micros { get; init; }

    public double? P99Micros { get; init; }

    public double? P999Micros { get; init; }

    /// <summary>For each call or item, as the four that follow.</summary>
    public double? AllocatedBytesClient { get; init; }

    public double? AllocatedBytesServer { get; init; }

    public double? CpuMicrosClient { get; init; }

    public double? CpuMicrosServer { get; init; }

    /// <summary>TCP segments, both ends; the least of the rounds, since others' are counted with them.</summary>
    public double? Segments { get; init; }

    /// <summary>Units of 10^6 bytes.</summary>
    public double? MegabytesPerSecond { get; init; }

    public double? Milliseconds { get; init; }

    /// <summary>Memory of the server's process for each of its connections, in units of 1,024 bytes.</summary>
    public double? KibibytesPerConnection { get; init; }

    /// <summary>The one row of several rounds of the same.</summary>
    public static Measurement Median(IEnumerable<Measurement> rounds)
    {
        Measurement[] all = [.. rounds];
        return all[0] with
        {
            PerSecond = Of(m => m.PerSecond),
            P50Micros = Of(m => m.P50Micros),
            P99Micros = Of(m => m.P99Micros),
            P999Micros = Of(m => m.P999Micros),
            AllocatedBytesClient = Of(m => m.AllocatedBytesClient),
            AllocatedBytesServer = Of(m => m.AllocatedBytesServer),
            CpuMicrosClient = Of(m => m.CpuMicrosClient),
            CpuMicrosServer = Of(m => m.CpuMicrosServer),
            Segments = all.Min(m => m.Segments),
            MegabytesPerSecond = Of(m => m.MegabytesPerSecond),
            Milliseconds = Of(m => m.Milliseconds),
            KibibytesPerConnection = Of(m => m.KibibytesPerConnection),
        };

        double? Of(Func<Measurement, double?> field)
        {
            double[] values = [.. all.Select(field).OfType<double>().Order()];
            return values.Length == 0 ? null : values[values.Length / 2];
        }
    }
}

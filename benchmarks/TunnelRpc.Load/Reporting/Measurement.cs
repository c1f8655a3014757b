namespace TunnelRpc.Load.Reporting;

/// <summary>One row: the medians of the rounds. A field that was not measured is null, and JSON omits it.</summary>
internal sealed record Measurement(string System, string Transport, string Measure, int Concurrency)
{
    /// <summary>A text that distinguishes the rows of the same measure; null if they need none.</summary>
    public string? Case { get; init; }

    /// <summary>Calls or items per second.</summary>
    public double? PerSecond { get; init; }

    public double? P50Micros { get; init; }

    public double? P99Micros { get; init; }

    public double? P999Micros { get; init; }

    /// <summary>Bytes per call or item. The next four fields are also per call or item.</summary>
    public double? AllocatedBytesClient { get; init; }

    public double? AllocatedBytesServer { get; init; }

    public double? CpuMicrosClient { get; init; }

    public double? CpuMicrosServer { get; init; }

    /// <summary>TCP segments of both ends. The minimum of the rounds, because segments of other programs are included.</summary>
    public double? Segments { get; init; }

    /// <summary>In units of 10^6 bytes.</summary>
    public double? MegabytesPerSecond { get; init; }

    public double? Milliseconds { get; init; }

    /// <summary>Memory of the server process for each connection, in units of 1,024 bytes.</summary>
    public double? KibibytesPerConnection { get; init; }

    /// <summary>The largest memory (resident set) of a process since its start, in units of 2^20 bytes.</summary>
    public double? PeakMebibytesClient { get; init; }

    public double? PeakMebibytesServer { get; init; }

    /// <summary>Calls and streams of honest clients.</summary>
    public double? Succeeded { get; init; }

    public double? Failed { get; init; }

    /// <summary>New sessions of honest clients.</summary>
    public double? NewSessions { get; init; }

    public double? RefusedSessions { get; init; }

    /// <summary>What a server accounts for its sessions, in units of 2^20 bytes, as the next two.</summary>
    public double? CountedMebibytes { get; init; }

    /// <summary>The growth of the live memory of the server.</summary>
    public double? LiveMebibytes { get; init; }

    /// <summary>The growth of the resident set of the server.</summary>
    public double? ResidentMebibytes { get; init; }

    /// <summary>Combines the rounds of the same measure into one row.</summary>
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
            PeakMebibytesClient = Of(m => m.PeakMebibytesClient),
            PeakMebibytesServer = Of(m => m.PeakMebibytesServer),
        };

        double? Of(Func<Measurement, double?> field)
        {
            double[] values = [.. all.Select(field).OfType<double>().Order()];
            return values.Length == 0 ? null : values[values.Length / 2];
        }
    }
}

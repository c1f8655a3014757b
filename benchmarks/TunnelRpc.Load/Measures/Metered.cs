using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>What something costs both processes.</summary>
internal static class Metered
{
    /// <summary>Runs it, and completes its row by what was used for each of what it counts.</summary>
    public static async Task<Measurement> RunAsync(LoadTarget target, Func<Task<(Measurement Row, long Count)>> run)
    {
        Usage serverBefore = await target.Server.UsageAsync();
        Usage before = Usage.Now;
        (Measurement row, long count) = await run();
        Usage client = Usage.Now - before;
        Usage server = await target.Server.UsageAsync() - serverBefore;
        double each = Math.Max(count, 1);
        return row with
        {
            AllocatedBytesClient = client.AllocatedBytes / each,
            AllocatedBytesServer = server.AllocatedBytes / each,
            CpuMicrosClient = client.CpuMicros / each,
            CpuMicrosServer = server.CpuMicros / each,
            Segments = client.Segments / each,
        };
    }

    /// <summary>The row of a run of calls.</summary>
    public static (Measurement Row, long Count) Row(LoadTarget target, string measure, int concurrency, Figures figures) =>
        (new Measurement(target.System, target.Transport, measure, concurrency)
        {
            PerSecond = figures.PerSecond,
            P50Micros = figures.P50Micros,
            P99Micros = figures.P99Micros,
            P999Micros = figures.P999Micros,
        }, figures.Calls);
}

using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>Measures the resources that both processes use.</summary>
internal static class ResourceMeter
{
    /// <summary>
    /// Runs <paramref name="run"/> and adds the resources of both processes to its row, divided by its count of calls or items.
    /// </summary>
    public static Task<Measurement> RunAsync(LoadTarget target, Func<Task<(Measurement Row, long Count)>> run) =>
        RunAsync(target.Server, target.ClientUsageAsync, run);

    /// <summary>The same for a client in this process.</summary>
    public static Task<Measurement> RunAsync(ServerProcess process, Func<Task<(Measurement Row, long Count)>> run) =>
        RunAsync(process, () => Task.FromResult(Usage.Now), run);

    /// <summary>Returns the row and the number of calls for the figures of a target.</summary>
    public static (Measurement Row, long Count) Row(LoadTarget target, string measure, int concurrency, Figures figures) =>
        Row(target.System, target.Transport, measure, concurrency, figures);

    /// <summary>Returns the row and the number of calls for the figures of a system and transport.</summary>
    public static (Measurement Row, long Count) Row(string system, string transport, string measure, int concurrency, Figures figures) =>
        (new Measurement(system, transport, measure, concurrency)
        {
            PerSecond = figures.PerSecond,
            P50Micros = figures.P50Micros,
            P99Micros = figures.P99Micros,
            P999Micros = figures.P999Micros,
        }, figures.Calls);

    private static async Task<Measurement> RunAsync(
        ServerProcess process, Func<Task<Usage>> clientUsageAsync, Func<Task<(Measurement Row, long Count)>> run)
    {
        Usage serverBefore = await process.UsageAsync();
        Usage before = await clientUsageAsync();
        (Measurement row, long count) = await run();
        Usage client = await clientUsageAsync() - before;
        Usage server = await process.UsageAsync() - serverBefore;
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
}

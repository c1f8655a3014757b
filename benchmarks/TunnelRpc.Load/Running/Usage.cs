namespace TunnelRpc.Load.Running;

/// <summary>What a process has used since it started.</summary>
/// <param name="AllocatedBytes">Bytes allocated by managed code.</param>
/// <param name="CpuMicros">Processor time, all threads.</param>
/// <param name="Segments">TCP segments that this machine has sent, whoever caused them.</param>
internal sealed record Usage(long AllocatedBytes, double CpuMicros, long Segments)
{
    public static Usage Now => new(GC.GetTotalAllocatedBytes(precise: false), Environment.CpuUsage.TotalTime.TotalMicroseconds, TcpCounters.SegmentsSent);

    public static Usage operator -(Usage after, Usage before) =>
        new(after.AllocatedBytes - before.AllocatedBytes, after.CpuMicros - before.CpuMicros, after.Segments - before.Segments);
}

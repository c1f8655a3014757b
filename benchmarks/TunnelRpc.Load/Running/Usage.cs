namespace TunnelRpc.Load.Running;

/// <summary>The resources that a process has used since its start.</summary>
/// <param name="AllocatedBytes">Bytes allocated by managed code.</param>
/// <param name="CpuMicros">Processor time of all threads, in microseconds.</param>
/// <param name="Segments">TCP segments that this machine has sent for all programs.</param>
internal sealed record Usage(long AllocatedBytes, double CpuMicros, long Segments)
{
    public static Usage Now => new(
        GC.GetTotalAllocatedBytes(precise: false), Environment.CpuUsage.TotalTime.TotalMicroseconds, TcpCounters.SegmentsSent);

    /// <summary>The largest memory of this process since its start (resident set), in bytes.</summary>
    public static long PeakMemory
    {
        get
        {
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    public static Usage operator -(Usage after, Usage before) =>
        new(after.AllocatedBytes - before.AllocatedBytes, after.CpuMicros - before.CpuMicros, after.Segments - before.Segments);
}

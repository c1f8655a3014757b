using BenchmarkDotNet.Attributes;
using TunnelRpc.Multiplexing;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;

namespace TunnelRpc.Micro.Multiplexing;

/// <summary>The cost of scheduling for each frame of a call, when the send buffer has capacity and no other sender waits.</summary>
public class SchedulerBenchmarks
{
    private const int Acquisitions = 100;
    private const int FrameSize = 48;

    private readonly SendScheduler _scheduler = new(new UnlimitedCapacity(), new WorkQueue());
    private readonly ScheduledSender _sender = ScheduledSender.ForPriority(TunnelPriority.Normal);

    [Benchmark(OperationsPerInvoke = Acquisitions)]
    public void AcquireAndRelease()
    {
        for (int i = 0; i < Acquisitions; i++)
        {
            CheckComplete(_scheduler.AcquireAsync(_sender, FrameSize));
            _scheduler.OnWritten(FrameSize);
        }
    }

    private static void CheckComplete(ValueTask acquisition)
    {
        if (!acquisition.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("Expected the scheduler to admit the sender synchronously, but the sender had to wait.");
        }
    }

    private sealed class UnlimitedCapacity : ISendCapacity
    {
        public bool HasCapacity(long reservedBytes) => true;

        public bool IsBelowResumeThreshold(long reservedBytes) => true;
    }
}

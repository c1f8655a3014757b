using BenchmarkDotNet.Attributes;
using TunnelRpc.Multiplexing;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;

namespace TunnelRpc.Micro.Multiplexing;

/// <summary>A turn taken and given back where there is room and nobody else: what each frame of a call pays.</summary>
public class SchedulerBenchmarks
{
    private const int Turns = 100;
    private const int FrameSize = 48;

    private readonly SendScheduler _scheduler = new(new Room(), new WorkQueue());
    private readonly SendTurn _turn = SendTurn.For(TunnelPriority.Normal);

    [Benchmark(OperationsPerInvoke = Turns)]
    public void AcquireAndWritten()
    {
        for (int i = 0; i < Turns; i++)
        {
            CheckComplete(_scheduler.AcquireAsync(_turn, FrameSize));
            _scheduler.Written(FrameSize);
        }
    }

    private static void CheckComplete(ValueTask turn)
    {
        if (!turn.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("Expected a turn at once.");
        }
    }

    private sealed class Room : ISendRoom
    {
        public bool HasRoom(long reserved) => true;

        public bool IsDrained(long reserved) => true;
    }
}

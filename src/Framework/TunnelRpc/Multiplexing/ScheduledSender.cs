using TunnelRpc.Scheduling;

namespace TunnelRpc.Multiplexing;

/// <summary>One stream's place in the scheduler. Used by one sender, one wait at a time; the scheduler's gate guards it.</summary>
/// <param name="weight">How many shares a round it has; below one, it waits for several rounds.</param>
internal sealed class ScheduledSender(double weight = 1) : QueuedValueTaskSource
{
    private long? _lastRound;

    /// <summary>Bytes it waits to send; 0 when it does not wait.</summary>
    public int PendingBytes { get; private set; }

    /// <summary>Bytes it may still send of the shares it was given.</summary>
    public int Deficit { get; set; }

    /// <summary>The turn of a call with this priority.</summary>
    public static ScheduledSender ForPriority(TunnelPriority priority) => new(priority switch
    {
        TunnelPriority.High => 4,
        TunnelPriority.Low => 0.25,
        _ => 1,
    });

    /// <summary>Takes its share of each round since the last one it took part in, up to <paramref name="maxQuanta"/> of them; at least so many quanta.</summary>
    public void AddQuanta(long round, int quantum, int maxQuanta)
    {
        if (_lastRound != round)
        {
            Deficit = (int)Math.Min(Deficit + ((_lastRound is long last ? round - last : 1) * weight * quantum), maxQuanta * Math.Max(weight, 1) * quantum);
            _lastRound = round;
        }
    }

    public ValueTask BeginWait(int bytes)
    {
        PendingBytes = bytes;
        return new ValueTask(this, ResetAndGetToken());
    }

    public void Grant(WorkQueue work)
    {
        PendingBytes = 0;
        CompleteWait(work);
    }

    public void Fail(WorkQueue work, Exception error)
    {
        PendingBytes = 0;
        CompleteWait(work, error);
    }
}

using TunnelRpc.Scheduling;

namespace TunnelRpc.Multiplexing;

/// <summary>The state of one stream in the <see cref="SendScheduler"/>. One wait at a time. Guarded by the scheduler's gate.</summary>
/// <param name="weight">The quanta per round. Below one, the stream waits for several rounds.</param>
internal sealed class ScheduledSender(double weight = 1) : QueuedValueTaskSource
{
    // The last round in which the stream got quanta; null before the first.
    private long? _lastRound;

    /// <summary>The bytes that the stream waits to send; 0 if it does not wait.</summary>
    public int PendingBytes { get; private set; }

    /// <summary>Whether the stream was scheduled after a wait before.</summary>
    public bool HasSent { get; private set; }

    /// <summary>The bytes that the stream may still send: the quanta it got minus the bytes it sent.</summary>
    public int Deficit { get; set; }

    /// <summary>Creates the sender of a call with this priority.</summary>
    public static ScheduledSender ForPriority(TunnelPriority priority) => new(priority switch
    {
        TunnelPriority.High => 4,
        TunnelPriority.Low => 0.25,
        _ => 1,
    });

    /// <summary>
    /// Adds the quanta of the rounds since the last one in which the stream took part. The deficit is bounded by <paramref
    /// name="maxQuanta"/> quanta, times the weight if that is above one.
    /// </summary>
    public void AddQuanta(long round, int quantum, int maxQuanta)
    {
        if (_lastRound != round)
        {
            long rounds = _lastRound is long last ? round - last : 1;
            Deficit = (int)Math.Min(Deficit + (rounds * weight * quantum), maxQuanta * Math.Max(weight, 1) * quantum);
            _lastRound = round;
        }
    }

    /// <summary>Starts a wait to send this many bytes.</summary>
    public ValueTask BeginWait(int bytes)
    {
        PendingBytes = bytes;
        return new ValueTask(this, ResetAndGetToken());
    }

    /// <summary>Ends the wait: the stream may send.</summary>
    public void Grant(WorkQueue work)
    {
        PendingBytes = 0;
        HasSent = true;
        CompleteWait(work);
    }

    /// <summary>Ends the wait with an error.</summary>
    public void Fail(WorkQueue work, Exception error)
    {
        PendingBytes = 0;
        CompleteWait(work, error);
    }
}

using TunnelRpc.Scheduling;

namespace TunnelRpc.Multiplexing;

/// <summary>One stream's place in the scheduler. Used by one sender, one wait at a time; the scheduler's gate guards it.</summary>
/// <param name="weight">How many shares a round it has; below one, it waits for several rounds.</param>
internal sealed class SendTurn(double weight = 1) : WorkSignal
{
    private long? _round;

    /// <summary>Bytes it waits to send; 0 when it does not wait.</summary>
    public int Waiting { get; private set; }

    /// <summary>Bytes it may still send of the shares it was given.</summary>
    public int Deficit { get; set; }

    /// <summary>The turn of a call with this priority.</summary>
    public static SendTurn For(TunnelPriority priority) => new(priority switch
    {
        TunnelPriority.High => 4,
        TunnelPriority.Low => 0.25,
        _ => 1,
    });

    /// <summary>Takes its share of each round since the last one it took part in, up to <paramref name="mostShares"/> of them; at least so many quanta.</summary>
    public void JoinRound(long round, int quantum, int mostShares)
    {
        if (_round != round)
        {
            Deficit = (int)Math.Min(Deficit + ((_round is long last ? round - last : 1) * weight * quantum), mostShares * Math.Max(weight, 1) * quantum);
            _round = round;
        }
    }

    public ValueTask Begin(int bytes)
    {
        Waiting = bytes;
        return new ValueTask(this, Begin());
    }

    public void Grant(WorkQueue work)
    {
        Waiting = 0;
        End(work);
    }

    public void Fail(WorkQueue work, Exception error)
    {
        Waiting = 0;
        End(work, error);
    }
}

using TunnelRpc.Testing.Faults.Relaying;

namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>The services and limits for the faults of one direction of one exchange.</summary>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Random">The generator of this direction, used by one thread at a time.</param>
/// <param name="MaxBufferedBytes">The maximum number of bytes that one fault buffers.</param>
/// <param name="OverflowStatus">The status of the response to a body above the limit; null: the connection is reset.</param>
/// <param name="TimeoutStatus">The status of the response to a body that takes too long; null: the connection is closed.</param>
/// <param name="Termination">Ends the connection.</param>
internal sealed record StageContext(
    TimeProvider TimeProvider,
    Random Random,
    int MaxBufferedBytes,
    int? OverflowStatus,
    int? TimeoutStatus,
    ConnectionTermination Termination)
{
    /// <summary>Ends the exchange because a body or a buffer exceeds its limit.</summary>
    public void Overflow()
    {
        if (OverflowStatus is int status)
        {
            Termination.RespondWith(status);
        }
        else
        {
            Termination.Reset();
        }
    }

    /// <summary>Ends the exchange because a time limit has elapsed.</summary>
    public void TimeOut()
    {
        if (TimeoutStatus is int status)
        {
            Termination.RespondWith(status);
        }
        else
        {
            Termination.Close();
        }
    }
}

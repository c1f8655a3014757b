using TunnelRpc.Testing.Faults.Relaying;

namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>What a fault may need.</summary>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Random">This direction's own; used by one thread at a time.</param>
/// <param name="MaxBufferedBytes">The most to be held.</param>
/// <param name="OverflowStatus">What a body that is too large to be held is answered with; null: the connection is reset.</param>
/// <param name="TimeoutStatus">What a body that takes too long is answered with; null: the connection is closed.</param>
/// <param name="Termination">Ends the connection.</param>
internal sealed record StageContext(TimeProvider TimeProvider, Random Random, int MaxBufferedBytes, int? OverflowStatus, int? TimeoutStatus, ConnectionTermination Termination)
{
    /// <summary>More came than may be held.</summary>
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

    /// <summary>A limit of time has passed.</summary>
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

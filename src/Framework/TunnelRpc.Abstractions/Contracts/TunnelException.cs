namespace TunnelRpc;

/// <summary>
/// A call or a tunnel failed. Thrown to callers; thrown by a service to fail a call with a status, message and detail of its choice.
/// </summary>
public class TunnelException : Exception
{
    /// <summary>Fails with <paramref name="status"/>.</summary>
    /// <param name="status">Any status but <see cref="TunnelStatus.Ok"/>.</param>
    /// <param name="message">What was expected, what came, and what to do. It travels to the caller.</param>
    /// <param name="innerException">The cause; it does not travel.</param>
    public TunnelException(TunnelStatus status, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        if (status == TunnelStatus.Ok)
        {
            throw new ArgumentOutOfRangeException(nameof(status), "An exception cannot carry the status Ok.");
        }

        Status = status;
    }

    /// <summary>Fails with <see cref="TunnelStatus.Unknown"/>.</summary>
    public TunnelException()
        : this(TunnelStatus.Unknown, "The call failed.")
    {
    }

    /// <summary>Fails with <see cref="TunnelStatus.Unknown"/>.</summary>
    public TunnelException(string message)
        : this(TunnelStatus.Unknown, message)
    {
    }

    /// <summary>Fails with <see cref="TunnelStatus.Unknown"/>.</summary>
    public TunnelException(string message, Exception innerException)
        : this(TunnelStatus.Unknown, message, innerException)
    {
    }

    /// <summary>How it ended.</summary>
    public TunnelStatus Status { get; }

    /// <summary>The fault detail, if the failing side sent one.</summary>
    public TunnelFaultDetail? Detail { get; init; }

    /// <summary>
    /// What is known of the call that failed, as this side saw it; it does not travel. <see cref="TunnelCallOutcome.Unknown"/> where it is no failure of a call.
    /// </summary>
    public TunnelCallOutcome Outcome { get; init; }
}

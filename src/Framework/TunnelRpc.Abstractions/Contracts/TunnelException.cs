namespace TunnelRpc;

/// <summary>
/// The failure of a call, a session or a connection. A service throws it to fail a call with a status, a message and a detail of its
/// choice. The failure of a call that the service itself has made does not become that of its own call, unless it has a fault that the
/// method declares or is Aborted: it is an unhandled exception (Internal). To pass its status, throw a new exception with it.
/// </summary>
public class TunnelException : Exception
{
    /// <summary>Creates a failure with a status.</summary>
    /// <param name="status">Any status except <see cref="TunnelStatus.Ok"/>.</param>
    /// <param name="message">States what was expected, what happened and what to do. It is sent to the caller.</param>
    /// <param name="innerException">The cause. It is not sent to the caller.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> is <see cref="TunnelStatus.Ok"/>.</exception>
    public TunnelException(TunnelStatus status, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        if (status == TunnelStatus.Ok)
        {
            throw new ArgumentOutOfRangeException(nameof(status), "An exception cannot carry the status Ok.");
        }

        Status = status;
    }

    /// <summary>Creates a failure with <see cref="TunnelStatus.Unknown"/> and a default message.</summary>
    public TunnelException()
        : this(TunnelStatus.Unknown, "The call failed.")
    {
    }

    /// <summary>Creates a failure with <see cref="TunnelStatus.Unknown"/>.</summary>
    public TunnelException(string message)
        : this(TunnelStatus.Unknown, message)
    {
    }

    /// <summary>Creates a failure with <see cref="TunnelStatus.Unknown"/>.</summary>
    public TunnelException(string message, Exception innerException)
        : this(TunnelStatus.Unknown, message, innerException)
    {
    }

    /// <summary>The status that the call or the session ended with.</summary>
    public TunnelStatus Status { get; }

    /// <summary>The fault detail; null if the failing side attached none.</summary>
    public TunnelFaultDetail? Detail { get; init; }

    /// <summary>
    /// Whether the failed call may have run, as far as this side knows. It is not sent to the peer.
    /// <see cref="TunnelCallOutcome.Unknown"/> if the exception does not report the failure of a call.
    /// </summary>
    public TunnelCallOutcome Outcome { get; init; }

    // Decision: docs/adr/0079-failures-of-nested-calls.md
    /// <summary>Whether this is the failure of a call that this side has made; false for one that the application throws.</summary>
    internal bool IsOfCall { get; init; }
}

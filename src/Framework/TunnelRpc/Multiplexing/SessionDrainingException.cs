namespace TunnelRpc.Multiplexing;

/// <summary>A call was not sent because its session drains: running calls finish, new calls are not accepted.</summary>
internal sealed class SessionDrainingException : TunnelException
{
    /// <param name="reason">Why the session drains, as one sentence.</param>
    public SessionDrainingException(string reason)
        : base(TunnelStatus.Unavailable, $"The session is draining and accepts no new calls: {reason} The call was not sent.") =>
        Outcome = TunnelCallOutcome.NotSent;
}

namespace TunnelRpc.Multiplexing;

/// <summary>A call was not made since its session takes no new ones: those that run end, then it is closed.</summary>
internal sealed class SessionDrainingException : TunnelException
{
    public SessionDrainingException(string reason)
        : base(TunnelStatus.Unavailable, $"The tunnel is about to end, and takes no new calls: {reason} The call was not sent.") => Outcome = TunnelCallOutcome.NotSent;
}

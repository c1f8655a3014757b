namespace TunnelRpc.Accounting;

/// <summary>Why a client is refused at a limit of its partition.</summary>
/// <param name="Limit">The name of the limit, for instance "PerUser.MaxSessions".</param>
/// <param name="Reason">The reason for the client and the log, with the name of the limit.</param>
internal sealed record PartitionRefusal(string Limit, string Reason)
{
    /// <summary>Whether a call is refused, in a session that stays; otherwise a session, a handshake or a leg connection.</summary>
    public bool IsForCall { get; init; }

    /// <summary>The refusal as an exception, whose message the client gets.</summary>
    public TunnelException ToException() => new(TunnelStatus.ResourceExhausted, Reason);
}

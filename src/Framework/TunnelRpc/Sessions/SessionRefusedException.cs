namespace TunnelRpc.Sessions;

/// <summary>The server has answered HELLO with REFUSE.</summary>
/// <param name="refusal">The server's refusal.</param>
internal sealed class SessionRefusedException(Refusal refusal)
    : TunnelException(refusal.Status, $"The server refused the session: {refusal.Reason}")
{
    /// <summary>The earliest time for another attempt, from now; zero if the server does not state one.</summary>
    public TimeSpan RetryAfter => refusal.RetryAfter;

    /// <summary>Whether the server does not know the session to resume: another attempt for it cannot succeed.</summary>
    public bool IsSessionNotFound => refusal.Status == TunnelStatus.NotFound;
}

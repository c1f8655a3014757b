namespace TunnelRpc.Sessions;

/// <summary>The server has answered HELLO with REFUSE.</summary>
internal sealed class SessionRefusedException(Refusal refusal) : TunnelException(refusal.Status, $"The server refused the session: {refusal.Reason}")
{
    /// <summary>When the server wants to be asked again at the earliest; zero when it does not say.</summary>
    public TimeSpan RetryAfter => refusal.RetryAfter;

    /// <summary>Whether the session to resume is gone for good.</summary>
    public bool IsSessionNotFound => refusal.Status == TunnelStatus.NotFound;
}

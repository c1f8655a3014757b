namespace TunnelRpc.Sessions;

/// <summary>The server has answered HELLO with REFUSE.</summary>
/// <param name="refusal">The server's refusal.</param>
/// <param name="message">The message; null for the server's reason.</param>
internal sealed class SessionRefusedException(Refusal refusal, string? message = null)
    : TunnelException(refusal.Status, message ?? $"The server refused the session: {refusal.Reason}")
{
    /// <summary>The earliest time for another attempt, from now; zero if the server does not state one.</summary>
    public TimeSpan RetryAfter => refusal.RetryAfter;

    /// <summary>Whether the server does not know the session to resume: another attempt for it cannot succeed.</summary>
    public bool IsSessionNotFound => refusal.Status == TunnelStatus.NotFound && !IsBeforeTls;

    /// <summary>
    /// Whether the refusal came in place of end-to-end TLS: an intermediary may have sent it, so that it does not end a session.
    /// </summary>
    public bool IsBeforeTls { get; init; }

    /// <summary>
    /// Whether the client knew the refusal from the server's instance before it sent HELLO, so that the connection can carry a new session.
    /// </summary>
    public bool IsBeforeHello { get; init; }

    /// <summary>The refusal.</summary>
    public Refusal Refusal => refusal;
}

namespace TunnelRpc.Sessions;

// Decision: docs/adr/0023-two-sided-resume-window.md
/// <summary>The identity of a session, which the server creates and sends in WELCOME.</summary>
/// <param name="SessionId">16 random bytes; an identifier, not a secret.</param>
/// <param name="Key">32 random bytes, sent in WELCOME only.</param>
/// <param name="ResumeWindow">How long the session outlives its path, sent in whole seconds. Zero: the session ends with its path.</param>
internal sealed record SessionTicket(Guid SessionId, byte[] Key, TimeSpan ResumeWindow)
{
    /// <summary>The size on the wire in bytes.</summary>
    public const int Size = 16 + 32 + 4;
}

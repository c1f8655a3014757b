namespace TunnelRpc.Sessions;

/// <summary>What a new session is known by.</summary>
/// <param name="SessionId">16 random bytes; a name, not a secret.</param>
/// <param name="Key">32 random bytes; never on the wire again after WELCOME.</param>
/// <param name="ResumeWindow">How long the session outlives its path; zero: it does not.</param>
internal sealed record SessionTicket(Guid SessionId, byte[] Key, TimeSpan ResumeWindow)
{
    public const int Size = 16 + 32 + 4;
}

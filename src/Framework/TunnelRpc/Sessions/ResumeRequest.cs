namespace TunnelRpc.Sessions;

/// <summary>What a HELLO carries to resume a session.</summary>
/// <param name="SessionId">16 bytes; a name, not a secret.</param>
/// <param name="Epoch">The epoch the client asks for: one above the last it was on.</param>
/// <param name="ReceivedOffset">The offset up to which the client has received.</param>
/// <param name="Proof">32 bytes: HMAC-SHA-256 under the session key.</param>
internal sealed record ResumeRequest(Guid SessionId, uint Epoch, ulong ReceivedOffset, byte[] Proof)
{
    public const int Size = 16 + 4 + 8 + 32;
}

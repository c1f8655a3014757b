namespace TunnelRpc.Sessions;

/// <summary>The part of HELLO that requests another path for a session.</summary>
/// <param name="SessionId">16 bytes; an identifier, not a secret.</param>
/// <param name="Epoch">The epoch of the new path: higher than every epoch that the client has requested before.</param>
/// <param name="ReceivedOffset">The offset up to which the client has received the server's stream.</param>
/// <param name="Proof">32 bytes: HMAC-SHA-256 under the session key.</param>
internal sealed record ResumeRequest(Guid SessionId, uint Epoch, ulong ReceivedOffset, byte[] Proof)
{
    public const int Size = 16 + 4 + 8 + 32;
}

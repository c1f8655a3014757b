using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TunnelRpc.Sessions;

/// <summary>
/// Shows that a HELLO that resumes comes from who made the session: HMAC-SHA-256 under the session's key over id[16] epoch:u32 received:u64
/// nonce[16]. A replayed one is worth nothing, since each epoch is opened once.
/// </summary>
internal static class SessionProof
{
    public const int Size = HMACSHA256.HashSizeInBytes;

    /// <summary>The proof for what a HELLO says.</summary>
    public static byte[] Compute(SessionTicket ticket, uint epoch, ulong receivedOffset, Guid clientNonce)
    {
        Span<byte> message = stackalloc byte[16 + sizeof(uint) + sizeof(ulong) + 16];
        ticket.SessionId.TryWriteBytes(message, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(message[16..], epoch);
        BinaryPrimitives.WriteUInt64BigEndian(message[20..], receivedOffset);
        clientNonce.TryWriteBytes(message[28..], bigEndian: true, out _);
        return HMACSHA256.HashData(ticket.Key, message);
    }

    /// <summary>Whether the request's proof is right; in constant time.</summary>
    public static bool Verify(SessionTicket ticket, ResumeRequest request, Guid clientNonce) =>
        CryptographicOperations.FixedTimeEquals(Compute(ticket, request.Epoch, request.ReceivedOffset, clientNonce), request.Proof);
}

using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TunnelRpc.Sessions;

/// <summary>
/// Proves that a HELLO that resumes a session comes from the client that opened it: HMAC-SHA-256 under the session's key over id[16]
/// epoch:u32 received:u64 nonce[16]. A replayed proof is useless, since each epoch can be claimed once.
/// </summary>
internal static class SessionProof
{
    /// <summary>The size of a proof in bytes.</summary>
    public const int Size = HMACSHA256.HashSizeInBytes;

    /// <summary>Computes the proof for the fields of a HELLO.</summary>
    public static byte[] Compute(SessionTicket ticket, uint epoch, ulong receivedOffset, Guid clientNonce)
    {
        Span<byte> message = stackalloc byte[16 + sizeof(uint) + sizeof(ulong) + 16];
        ticket.SessionId.TryWriteBytes(message, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(message[16..], epoch);
        BinaryPrimitives.WriteUInt64BigEndian(message[20..], receivedOffset);
        clientNonce.TryWriteBytes(message[28..], bigEndian: true, out _);
        return HMACSHA256.HashData(ticket.Key, message);
    }

    /// <summary>Whether the request's proof is correct. Compares in constant time.</summary>
    public static bool Verify(SessionTicket ticket, ResumeRequest request, Guid clientNonce) =>
        CryptographicOperations.FixedTimeEquals(Compute(ticket, request.Epoch, request.ReceivedOffset, clientNonce), request.Proof);
}

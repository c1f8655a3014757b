using System.Buffers.Binary;
using TunnelRpc.Compatibility;

namespace TunnelRpc.Sessions;

/// <summary>
/// The server's answer to HELLO. WELCOME: version:u8 features:u32 clientNonce[16] serverNonce[16] limits[20] instance[16] epoch:u32
/// received:u64 kind:u8 [id[16] key[32] resumeWindowSeconds:u32 [fingerprints]].
/// </summary>
internal sealed record Welcome(
    byte Version,
    SessionFeatures Features,
    Guid ClientNonce,
    Guid ServerNonce,
    PeerLimits Limits,
    Guid ServerInstance,
    uint Epoch,
    ulong ReceivedOffset,
    SessionTicket? Ticket)
{
    private const int FixedSize = 1 + 4 + 16 + 16 + PeerLimits.Size + 16 + 4 + 8 + 1;

    /// <summary>The fingerprints of the server's contracts; only in a WELCOME for a new session.</summary>
    public FingerprintList Fingerprints { get; init; }

    public byte[] ToPayload()
    {
        byte[] payload = new byte[FixedSize + (Ticket is null ? 0 : SessionTicket.Size + Fingerprints.Bytes.Length)];
        Span<byte> rest = payload;
        rest[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(rest[1..], (uint)Features);
        ClientNonce.TryWriteBytes(rest[5..], bigEndian: true, out _);
        ServerNonce.TryWriteBytes(rest[21..], bigEndian: true, out _);
        Limits.Write(rest[37..]);
        ServerInstance.TryWriteBytes(rest[57..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(rest[73..], Epoch);
        BinaryPrimitives.WriteUInt64BigEndian(rest[77..], ReceivedOffset);
        rest[85] = Ticket is null ? (byte)1 : (byte)0;
        if (Ticket is not null)
        {
            rest = rest[FixedSize..];
            Ticket.SessionId.TryWriteBytes(rest, bigEndian: true, out _);
            Ticket.Key.CopyTo(rest[16..]);
            BinaryPrimitives.WriteUInt32BigEndian(rest[48..], (uint)Ticket.ResumeWindow.TotalSeconds);
            Fingerprints.Bytes.CopyTo(rest[SessionTicket.Size..]);
        }

        return payload;
    }

    /// <summary>Parses a WELCOME. Bytes after the known fields are ignored, since a later version may add fields.</summary>
    /// <exception cref="TunnelProtocolException">The payload is not a WELCOME.</exception>
    public static Welcome Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedSize || payload[85] > 1 || (payload[85] == 0 && payload.Length < FixedSize + SessionTicket.Size))
        {
            throw new TunnelProtocolException(
                $"Expected a WELCOME of {FixedSize} bytes, and {SessionTicket.Size} more for a new session, got one of {payload.Length}.");
        }

        SessionTicket? ticket = null;
        FingerprintList fingerprints = default;
        if (payload[85] == 0)
        {
            ReadOnlySpan<byte> rest = payload[FixedSize..];
            fingerprints = FingerprintList.Read(rest[SessionTicket.Size..]);
            ticket = new SessionTicket(
                new Guid(rest[..16], bigEndian: true),
                rest.Slice(16, 32).ToArray(),
                TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32BigEndian(rest[48..])));
        }

        return new Welcome(
            payload[0],
            (SessionFeatures)BinaryPrimitives.ReadUInt32BigEndian(payload[1..]),
            new Guid(payload.Slice(5, 16), bigEndian: true),
            new Guid(payload.Slice(21, 16), bigEndian: true),
            PeerLimits.Read(payload[37..]),
            new Guid(payload.Slice(57, 16), bigEndian: true),
            BinaryPrimitives.ReadUInt32BigEndian(payload[73..]),
            BinaryPrimitives.ReadUInt64BigEndian(payload[77..]),
            ticket)
        {
            Fingerprints = fingerprints,
        };
    }
}

using System.Buffers.Binary;

namespace TunnelRpc.Sessions;

/// <summary>
/// The client's first record. HELLO: magic[4] min:u8 max:u8 features:u32 nonce[16] limits[20] kind:u8 [id[16] epoch:u32 received:u64
/// proof[32]].
/// </summary>
internal sealed record Hello(
    byte MinVersion,
    byte MaxVersion,
    SessionFeatures Features,
    Guid Nonce,
    PeerLimits Limits,
    ResumeRequest? Resume)
{
    private const int FixedSize = 4 + 1 + 1 + 4 + 16 + PeerLimits.Size + 1;

    private static ReadOnlySpan<byte> Magic => "TRPC"u8;

    public byte[] ToPayload()
    {
        byte[] payload = new byte[FixedSize + (Resume is null ? 0 : ResumeRequest.Size)];
        Span<byte> rest = payload;
        Magic.CopyTo(rest);
        rest[4] = MinVersion;
        rest[5] = MaxVersion;
        BinaryPrimitives.WriteUInt32BigEndian(rest[6..], (uint)Features);
        Nonce.TryWriteBytes(rest[10..], bigEndian: true, out _);
        Limits.Write(rest[26..]);
        rest[46] = Resume is null ? (byte)0 : (byte)1;
        if (Resume is not null)
        {
            rest = rest[FixedSize..];
            Resume.SessionId.TryWriteBytes(rest, bigEndian: true, out _);
            BinaryPrimitives.WriteUInt32BigEndian(rest[16..], Resume.Epoch);
            BinaryPrimitives.WriteUInt64BigEndian(rest[20..], Resume.ReceivedOffset);
            Resume.Proof.CopyTo(rest[28..]);
        }

        return payload;
    }

    /// <summary>Parses a HELLO. Bytes after the known fields are ignored, since a later version may add fields.</summary>
    /// <exception cref="TunnelProtocolException">The payload is not a HELLO.</exception>
    public static Hello Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedSize || !payload[..4].SequenceEqual(Magic))
        {
            throw new TunnelProtocolException(
                $"Expected a HELLO of at least {FixedSize} bytes that begins with \"TRPC\", got {payload.Length} other bytes: "
                + "the peer does not speak TunnelRpc.");
        }

        ResumeRequest? resume = null;
        switch (payload[46])
        {
            case 0:
                break;
            case 1 when payload.Length >= FixedSize + ResumeRequest.Size:
                ReadOnlySpan<byte> rest = payload[FixedSize..];
                resume = new ResumeRequest(
                    new Guid(rest[..16], bigEndian: true),
                    BinaryPrimitives.ReadUInt32BigEndian(rest[16..]),
                    BinaryPrimitives.ReadUInt64BigEndian(rest[20..]),
                    rest.Slice(28, 32).ToArray());
                break;
            default:
                throw new TunnelProtocolException(
                    $"Expected a HELLO of kind 0 (new) or 1 (resume, {ResumeRequest.Size} bytes more), "
                    + $"got kind {payload[46]} in {payload.Length} bytes.");
        }

        return new Hello(
            payload[4],
            payload[5],
            (SessionFeatures)BinaryPrimitives.ReadUInt32BigEndian(payload[6..]),
            new Guid(payload.Slice(10, 16), bigEndian: true),
            PeerLimits.Read(payload[26..]),
            resume);
    }
}

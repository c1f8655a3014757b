using System.Buffers;
using System.Text;
using TunnelRpc.Serialization;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// The format of a failure in REPLY and END: the status as one byte, then the MessagePack array [message, detail type or nil, detail bin or
/// nil].
/// </summary>
internal static class FailureBody
{
    /// <summary>A longer error message is truncated, as sending a failure must never fail.</summary>
    public const int MaxMessageBytes = 8 << 10;

    /// <summary>The largest size of the status and the headers of the array and its elements.</summary>
    private const int MaxHeaderSize = 1 + 1 + (3 * 5);

    private static ReadOnlySpan<byte> DetailOmittedNote => " (Its detail was too large to send: limit MaxMessageSize.)"u8;

    /// <summary>
    /// Writes a failure in at most <paramref name="limit"/> bytes, which must be at least <see cref="TunnelLimits.MinMessageSizeLimit"/>. A
    /// detail larger than half of the limit is omitted, and the message says so. Metadata, at most a quarter of the limit, follows the
    /// status. A message of more than <paramref name="maxMessageBytes"/> bytes is truncated.
    /// </summary>
    public static void Write(
        IBufferWriter<byte> output,
        int limit,
        TunnelStatus status,
        string message,
        TunnelFaultDetail? detail,
        ReadOnlySpan<byte> metadata = default,
        int maxMessageBytes = MaxMessageBytes)
    {
        // An exception message may hold invalid UTF-16: the encoder replaces it instead of failing.
        byte[] detailType = detail is null ? [] : Encoding.UTF8.GetBytes(detail.Type);
        ReadOnlySpan<byte> note = [];
        int capacity = limit - MaxHeaderSize - metadata.Length;
        if (detail is null || (long)detailType.Length + detail.Value.Length > limit / 2)
        {
            note = detail is null ? [] : DetailOmittedNote;
            detail = null;
        }
        else
        {
            capacity -= detailType.Length + detail.Value.Length;
        }

        output.GetSpan(1)[0] = (byte)status;
        output.Advance(1);
        output.Write(metadata);
        var writer = new MessagePackWriter(output);
        writer.WriteArrayHeader(3);
        writer.WriteUtf8([.. Truncate(message, Math.Min(capacity, maxMessageBytes) - note.Length), .. note]);
        if (detail is null)
        {
            writer.WriteNil();
            writer.WriteNil();
        }
        else
        {
            writer.WriteUtf8(detailType);
            writer.WriteBinary(detail.Value.Span);
        }

        writer.Flush();
    }

    /// <summary>The UTF-8 bytes of as many whole characters as fit.</summary>
    private static ReadOnlySpan<byte> Truncate(string message, int maxBytes)
    {
        ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(message.Length <= maxBytes ? message : message[..maxBytes]);
        if (text.Length <= maxBytes)
        {
            return text;
        }

        // Go back to the first byte of the character that does not fit; all its other bytes are 10xxxxxx (RFC 3629).
        while ((text[maxBytes] & 0xC0) == 0x80)
        {
            maxBytes--;
        }

        return text[..maxBytes];
    }

    /// <summary>Reads a failure. A body that cannot be read still gives an exception, which says so.</summary>
    public static TunnelException Read(ReadOnlySpan<byte> body)
    {
        return body.IsEmpty
            ? new TunnelException(TunnelStatus.Internal, "Expected a status from the peer, got an empty reply.")
            {
                Outcome = TunnelCallOutcome.Completed,
                IsOfCall = true,
            }
            : Read(body[0], body[1..]);
    }

    /// <summary>Reads the part of a failure that follows the status and the metadata.</summary>
    public static TunnelException Read(byte statusByte, ReadOnlySpan<byte> failure, TunnelCallOutcome outcome = TunnelCallOutcome.Completed)
    {
        TunnelStatus status = StatusByte.ReadFailure(statusByte);
        try
        {
            var reader = new MessagePackReader(failure);
            int count = reader.ReadArrayHeader();
            string message = count > 0 ? reader.ReadNullableString() ?? "" : "";
            string? type = count > 1 ? reader.ReadNullableString() : null;
            TunnelFaultDetail? detail = type is null || count < 3 || reader.TryReadNil()
                ? null
                : new TunnelFaultDetail(type, reader.ReadBinary().ToArray());
            return new TunnelException(status, message.Length == 0 ? $"The call failed with {status}." : message)
            {
                Detail = detail,
                Outcome = outcome,
                IsOfCall = true,
            };
        }
        catch (MessagePackException malformed)
        {
            string reason = ForeignText.Escape(malformed.Message);
            string text = $"The call failed with {status}; the peer's error message could not be read: {reason}";
            return new TunnelException(status, text, malformed) { Outcome = outcome, IsOfCall = true };
        }
    }
}

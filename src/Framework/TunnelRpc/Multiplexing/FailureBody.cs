using System.Buffers;
using System.Text;
using TunnelRpc.Serialization;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>How a failure stands in REPLY and END: status:u8, then the MessagePack array [message, detail type or nil, detail bin or nil].</summary>
internal static class FailureBody
{
    /// <summary>A longer message is cut: it must never fail to be sent.</summary>
    private const int MaxMessageBytes = 8 << 10;

    /// <summary>The most that status and the array's heads take.</summary>
    private const int MaxHeaderSize = 1 + 1 + (3 * 5);

    private static ReadOnlySpan<byte> DetailOmittedNote => " (Its detail was too large to send: limit MaxMessageSize.)"u8;

    /// <summary>
    /// Writes a failure in at most <paramref name="limit"/> bytes, of which <see cref="TunnelLimits.MinMessageSizeLimit"/> are
    /// enough: a detail that leaves too little for the message is left out, and the message says so. Metadata, at most a
    /// quarter of the limit, goes behind the status.
    /// </summary>
    public static void Write(IBufferWriter<byte> output, int limit, TunnelStatus status, string message, TunnelFaultDetail? detail, ReadOnlySpan<byte> metadata = default)
    {
        // Exceptions say what they like: what is no text is replaced, not refused.
        byte[] detailType = detail is null ? [] : Encoding.UTF8.GetBytes(detail.Type);
        ReadOnlySpan<byte> remark = [];
        int room = limit - MaxHeaderSize - metadata.Length;
        if (detail is null || (long)detailType.Length + detail.Value.Length > limit / 2)
        {
            remark = detail is null ? [] : DetailOmittedNote;
            detail = null;
        }
        else
        {
            room -= detailType.Length + detail.Value.Length;
        }

        output.GetSpan(1)[0] = (byte)status;
        output.Advance(1);
        output.Write(metadata);
        var writer = new MessagePackWriter(output);
        writer.WriteArrayHeader(3);
        writer.WriteUtf8([.. Truncate(message, Math.Min(room, MaxMessageBytes) - remark.Length), .. remark]);
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

    /// <summary>As many whole characters as fit.</summary>
    private static ReadOnlySpan<byte> Truncate(string message, int maxBytes)
    {
        ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(message.Length <= maxBytes ? message : message[..maxBytes]);
        if (text.Length <= maxBytes)
        {
            return text;
        }

        // Back to the first byte of the character that does not fit (RFC 3629: others are 10xxxxxx).
        while ((text[maxBytes] & 0xC0) == 0x80)
        {
            maxBytes--;
        }

        return text[..maxBytes];
    }

    /// <summary>Reads a failure; one that cannot be read is a failure all the same.</summary>
    public static TunnelException Read(ReadOnlySpan<byte> body)
    {
        return body.IsEmpty
            ? new TunnelException(TunnelStatus.Internal, "Expected a status from the peer, got an empty answer.") { Outcome = TunnelCallOutcome.Completed }
            : Read(body[0], body[1..]);
    }

    /// <summary>Reads what is behind the status, and the metadata.</summary>
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
            return new TunnelException(status, message.Length == 0 ? $"The call failed with {status}." : message) { Detail = detail, Outcome = outcome };
        }
        catch (MessagePackException unreadable)
        {
            return new TunnelException(status, $"The call failed with {status}; the peer's message could not be read: {unreadable.Message}", unreadable) { Outcome = outcome };
        }
    }
}

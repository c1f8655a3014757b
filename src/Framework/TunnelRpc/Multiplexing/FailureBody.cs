using System.Buffers;
using System.Text;
using TunnelRpc.Serialization;
using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>How a failure stands in REPLY and END: status:u8, then the MessagePack array [message, detail type or nil, detail bin or nil].</summary>
internal static class FailureBody
{
    /// <summary>A longer message is cut: it must never fail to be sent.</summary>
    private const int MaxMessageChars = 8 << 10;

    public static void Write(IBufferWriter<byte> output, TunnelStatus status, string message, TunnelFaultDetail? detail)
    {
        output.GetSpan(1)[0] = (byte)status;
        output.Advance(1);
        var writer = new MessagePackWriter(output);
        writer.WriteArrayHeader(3);

        // Exceptions say what they like: what is no text is replaced, not refused.
        writer.WriteUtf8(Encoding.UTF8.GetBytes(message.Length <= MaxMessageChars ? message : message[..MaxMessageChars]));
        if (detail is null)
        {
            writer.WriteNil();
            writer.WriteNil();
        }
        else
        {
            writer.Write(detail.Type);
            writer.WriteBinary(detail.Value.Span);
        }

        writer.Flush();
    }

    /// <summary>Reads a failure; one that cannot be read is a failure all the same.</summary>
    public static TunnelException Read(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return new TunnelException(TunnelStatus.Internal, "Expected a status from the peer, got an empty answer.");
        }

        TunnelStatus status = StatusByte.ReadFailure(body[0]);
        try
        {
            var reader = new MessagePackReader(body[1..]);
            int count = reader.ReadArrayHeader();
            string message = count > 0 ? reader.ReadNullableString() ?? "" : "";
            string? type = count > 1 ? reader.ReadNullableString() : null;
            TunnelFaultDetail? detail = type is null || count < 3 || reader.TryReadNil()
                ? null
                : new TunnelFaultDetail(type, reader.ReadBinary().ToArray());
            return new TunnelException(status, message.Length == 0 ? $"The call failed with {status}." : message) { Detail = detail };
        }
        catch (MessagePackException unreadable)
        {
            return new TunnelException(status, $"The call failed with {status}; the peer's message could not be read: {unreadable.Message}", unreadable);
        }
    }
}

using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0105-windows-that-grow.md
/// <content>The windows of streams: what this side grants, and what it asks for.</content>
internal sealed partial class Multiplexer
{
    /// <summary>
    /// Sends CREDIT: the peer may send so many more bytes of items on this stream. No effect if <paramref name="bytes"/> is 0 or the stream
    /// is closed.
    /// </summary>
    public void SendCredit(TunnelStream stream, long bytes, bool enlargesWindow)
    {
        if (bytes > 0 && stream.IsOpen)
        {
            Span<byte> body = stackalloc byte[VarInt.MaxSize];
            FrameFlags flags = enlargesWindow ? CreditFlags.Window : FrameFlags.None;
            WriteControl(stream.Id, FrameType.Credit, body[..VarInt.Write(body, (ulong)bytes)], flags);
        }
    }

    /// <summary>The bytes that the peer has not acknowledged. A hint.</summary>
    public long UnacknowledgedBytes => _session.Writer.UnacknowledgedBytes;

    /// <summary>
    /// Sends BLOCKED: the items of this stream wait for credit. No effect if the stream is closed or the peer's windows do not grow.
    /// </summary>
    public void SendBlocked(TunnelStream stream)
    {
        if (stream.IsOpen && (_session.Parameters.Features & SessionFeatures.GrowingWindows) != 0)
        {
            WriteControl(stream.Id, FrameType.Blocked, []);
        }
    }

    /// <summary>Creates the receive window of a stream.</summary>
    public ReceiveWindow CreateReceiveWindow() => new(_limits.StreamWindow, _limits.MaxStreamWindow, Memory, ConsumedItems);
}

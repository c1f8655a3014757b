using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>A frame that one side has sent.</summary>
internal sealed record RecordedFrame(FrameType Type, FrameFlags Flags, ulong Stream, byte[] Body)
{
    /// <summary>A DATA record with the frame alone in it.</summary>
    public byte[] ToRecord()
    {
        byte[] record = new byte[Sessions.Record.HeadSize + Frame.MaxHeadSize + Body.Length];
        int head = Frame.WriteHead(record.AsSpan(Sessions.Record.HeadSize), Type, Flags, Stream, Body.Length);
        Sessions.Record.WriteHead(record, RecordType.Data, head + Body.Length);
        Body.CopyTo(record.AsSpan(Sessions.Record.HeadSize + head));
        return record[..(Sessions.Record.HeadSize + head + Body.Length)];
    }
}

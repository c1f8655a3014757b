using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>A frame that one side sent.</summary>
internal sealed record RecordedFrame(FrameType Type, FrameFlags Flags, ulong Stream, byte[] Body)
{
    /// <summary>Returns a DATA record that contains only this frame.</summary>
    public byte[] ToRecord()
    {
        byte[] record = new byte[Sessions.RecordHeader.Size + Frame.MaxHeaderSize + Body.Length];
        int head = Frame.WriteHeader(record.AsSpan(Sessions.RecordHeader.Size), Type, Flags, Stream, Body.Length);
        Sessions.RecordHeader.Write(record, RecordType.Data, head + Body.Length);
        Body.CopyTo(record.AsSpan(Sessions.RecordHeader.Size + head));
        return record[..(Sessions.RecordHeader.Size + head + Body.Length)];
    }
}

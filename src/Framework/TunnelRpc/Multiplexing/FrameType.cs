namespace TunnelRpc.Multiplexing;

/// <summary>The low four bits of a frame's first byte after the length. docs/protocol.md, "Frames", says what each type carries.</summary>
internal enum FrameType : byte
{
    Call = 1,
    Reply = 2,
    Item = 3,
    Bytes = 4,
    End = 5,
    Cancel = 6,
    Credit = 7,
    Fragment = 8,
    Reference = 9,
    Drain = 10,
    Blocked = 11,
}

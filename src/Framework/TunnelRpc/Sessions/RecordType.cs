namespace TunnelRpc.Sessions;

/// <summary>The record types. See docs/protocol.md, "Records".</summary>
internal enum RecordType : byte
{
    Hello = 0x01,
    Welcome = 0x02,
    Confirm = 0x03,
    Ready = 0x04,
    Refuse = 0x05,
    Data = 0x06,
    Ack = 0x07,
    Ping = 0x08,
    Pong = 0x09,
    Close = 0x0A,
    Start = 0x0B,

    /// <summary>Padding. Ignored, as is every type with the high bit set.</summary>
    Pad = 0x80,
}

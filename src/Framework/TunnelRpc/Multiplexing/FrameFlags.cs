namespace TunnelRpc.Multiplexing;

/// <summary>The high four bits of a frame's first byte after the length.</summary>
[Flags]
internal enum FrameFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>On CALL: the caller sends nothing more on this stream.</summary>
    End = 0x80,

    /// <summary>On CALL, REPLY and END: a MessagePack map of metadata precedes the arguments, the result or the error.</summary>
    Metadata = 0x40,

    /// <summary>On CALL: the call is one-way, so there is no REPLY. On REPLY this bit is <see cref="ReplyFlags.Refused"/>.</summary>
    OneWay = 0x20,

    /// <summary>On CALL, REPLY and ITEM: the message, including its fragments, is compressed.</summary>
    Compressed = 0x10,

    /// <summary>All flags; the other bits are the <see cref="FrameType"/>.</summary>
    Mask = 0xF0,
}

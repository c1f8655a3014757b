namespace TunnelRpc.Multiplexing;

/// <summary>The high four bits of a frame's head.</summary>
[Flags]
internal enum FrameFlags : byte
{
    None = 0,

    /// <summary>On CALL: nothing more comes from the caller.</summary>
    End = 0x80,

    /// <summary>On CALL and REPLY: one MessagePack map of metadata stands before the arguments or the result.</summary>
    Metadata = 0x40,

    /// <summary>On CALL: no REPLY is wanted.</summary>
    OneWay = 0x20,

    /// <summary>On CALL, REPLY and ITEM: the message is compressed, with all its parts.</summary>
    Compressed = 0x10,

    Mask = 0xF0,
}

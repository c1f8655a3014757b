namespace TunnelRpc.Transports.Legs;

/// <summary>What a record of a streamed leg or of a poll's answer is. See docs/legs.md.</summary>
internal enum LegRecordType : byte
{
    /// <summary>The next bytes of the connection.</summary>
    Data = 0x01,

    /// <summary>How many bytes of the connection's other direction the sender's reader has taken: u64. They need not be kept.</summary>
    Consumed = 0x02,

    /// <summary>Up: a number. Down: the last number that came up, under the epoch of its leg. u64 each.</summary>
    Probe = 0x03,

    /// <summary>Nothing follows; how many bytes the direction had in all: u64.</summary>
    End = 0x04,

    /// <summary>Ignored, as is everything above it.</summary>
    Padding = 0x80,
}

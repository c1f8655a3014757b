namespace TunnelRpc.Transports.Legs;

/// <summary>The type of a record in a streamed leg or in the response to a poll. Specified in docs/legs.md.</summary>
internal enum LegRecordType : byte
{
    /// <summary>The next bytes of the connection.</summary>
    Data = 0x01,

    /// <summary>
    /// The number of bytes of the connection's other direction that the sender's reader has consumed, u64. The receiver releases them.
    /// </summary>
    Consumed = 0x02,

    /// <summary>
    /// Upload: the number of a probe. Download: the last received probe, with the upload's epoch in the upper 32 bits and the number in the
    /// lower. u64 each.
    /// </summary>
    Probe = 0x03,

    /// <summary>The orderly end of the direction: the total number of its bytes, u64. No record follows.</summary>
    End = 0x04,

    /// <summary>Padding, which is ignored, as are all higher types.</summary>
    Padding = 0x80,
}

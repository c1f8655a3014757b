namespace TunnelRpc.Transports.Connections;

// Decision: docs/adr/0030-idle-connections-without-buffer.md
/// <summary>
/// A connection that may support zero-byte reads: it waits for bytes without a buffer, so that an idle connection uses no buffer memory.
/// </summary>
internal interface IZeroByteReadConnection
{
    /// <summary>
    /// Whether a read into an empty buffer completes with 0 when bytes or the end are available. It may complete too early. Only the reader
    /// may ask, between reads.
    /// </summary>
    bool SupportsZeroByteReads { get; }
}

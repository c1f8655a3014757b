namespace TunnelRpc.Transports.Connections;

/// <summary>A connection that may be able to wait for bytes without a buffer to put them into, so that one on which nothing happens holds none.</summary>
internal interface IZeroByteReadConnection
{
    /// <summary>Whether a read into an empty buffer completes, with 0, once there are bytes or the end has come. It may complete early. The reader's question.</summary>
    bool SupportsZeroByteReads { get; }
}

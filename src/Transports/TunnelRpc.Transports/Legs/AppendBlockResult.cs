namespace TunnelRpc.Transports.Legs;

/// <summary>The result of <see cref="LegReceiveBuffer.AppendBlock"/>.</summary>
internal enum AppendBlockResult
{
    /// <summary>All bytes of the block are received, with this block or before.</summary>
    Accepted,

    /// <summary>The buffer has no capacity for the block at the moment.</summary>
    NoCapacity,

    /// <summary>Bytes before the block are missing.</summary>
    Gap,

    /// <summary>
    /// The block's epoch is not the current one: the upload leg was reopened. Also when the buffer is completed or disposed.
    /// </summary>
    Stale,
}

namespace TunnelRpc.Sessions;

/// <summary>A snapshot of a path's progress. Two snapshots show whether the path is stalled.</summary>
/// <param name="Epoch">The path's epoch.</param>
/// <param name="AcknowledgedOffset">The offset up to which the peer has acknowledged this side's stream.</param>
/// <param name="IsAwaitingAck">Whether bytes are not acknowledged.</param>
/// <param name="IsAwaitingPong">Whether a PING was sent and no byte was received after it.</param>
/// <param name="ReadCount">The number of reads that have returned bytes.</param>
/// <param name="ReceivedOffset">The offset up to which the peer's stream has been received.</param>
internal readonly record struct PathProgress(
    uint Epoch,
    long AcknowledgedOffset,
    bool IsAwaitingAck,
    bool IsAwaitingPong,
    long ReadCount,
    long ReceivedOffset)
{
    /// <summary>
    /// Whether this side waits for an ACK or a PONG, and has made no progress since <paramref name="earlier"/>. Received data counts as
    /// progress while an ACK is awaited: on a path with low bandwidth, ACKs may be queued after data for seconds. A peer that receives
    /// nothing soon stops sending data.
    /// </summary>
    public bool IsStalledSince(PathProgress earlier) =>
        Epoch == earlier.Epoch && (IsDataStalledSince(earlier) || IsPingStalledSince(earlier));

    private bool IsDataStalledSince(PathProgress earlier) =>
        IsAwaitingAck && earlier.IsAwaitingAck
        && AcknowledgedOffset == earlier.AcknowledgedOffset && ReceivedOffset == earlier.ReceivedOffset;

    private bool IsPingStalledSince(PathProgress earlier) =>
        IsAwaitingPong && earlier.IsAwaitingPong && ReadCount == earlier.ReadCount;
}

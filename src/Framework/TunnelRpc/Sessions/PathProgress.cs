namespace TunnelRpc.Sessions;

/// <summary>How a session's path does at a moment. Two of them, some time apart, tell whether frames flow.</summary>
/// <param name="Epoch">Which path it is.</param>
/// <param name="AcknowledgedOffset">How much of this side's stream the peer has acknowledged.</param>
/// <param name="IsAwaitingAck">Whether there is more.</param>
/// <param name="IsAwaitingPong">Whether a ping was sent and nothing has come since.</param>
/// <param name="ReadCount">How often bytes have come.</param>
/// <param name="ReceivedOffset">How much of the peer's stream has come.</param>
internal readonly record struct PathProgress(uint Epoch, long AcknowledgedOffset, bool IsAwaitingAck, bool IsAwaitingPong, long ReadCount, long ReceivedOffset)
{
    /// <summary>
    /// Whether something is waited for, and nothing of it has come since <paramref name="earlier"/>. While the peer's data comes, its
    /// acknowledgements may wait behind that: on a narrow path for seconds. A peer that hears nothing soon sends no more data.
    /// </summary>
    public bool IsStalledSince(PathProgress earlier) =>
        Epoch == earlier.Epoch
        && ((IsAwaitingAck && earlier.IsAwaitingAck && AcknowledgedOffset == earlier.AcknowledgedOffset && ReceivedOffset == earlier.ReceivedOffset) || (IsAwaitingPong && earlier.IsAwaitingPong && ReadCount == earlier.ReadCount));
}

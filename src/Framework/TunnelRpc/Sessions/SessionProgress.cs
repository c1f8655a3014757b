namespace TunnelRpc.Sessions;

/// <summary>How a session's path does at a moment. Two of them, some time apart, tell whether frames flow.</summary>
/// <param name="Epoch">Which path it is.</param>
/// <param name="Acked">How much of this side's stream the peer has acknowledged.</param>
/// <param name="AwaitsAck">Whether there is more.</param>
/// <param name="AwaitsPong">Whether a ping was sent and nothing has come since.</param>
/// <param name="Reads">How often bytes have come.</param>
/// <param name="Received">How much of the peer's stream has come.</param>
internal readonly record struct SessionProgress(uint Epoch, long Acked, bool AwaitsAck, bool AwaitsPong, long Reads, long Received)
{
    /// <summary>
    /// Whether something is waited for, and nothing of it has come since <paramref name="earlier"/>. While the peer's data comes, its
    /// acknowledgements may wait behind that: on a narrow path for seconds. A peer that hears nothing soon sends no more data.
    /// </summary>
    public bool IsStuckSince(SessionProgress earlier) =>
        Epoch == earlier.Epoch
        && ((AwaitsAck && earlier.AwaitsAck && Acked == earlier.Acked && Received == earlier.Received) || (AwaitsPong && earlier.AwaitsPong && Reads == earlier.Reads));
}

namespace TunnelRpc.Sessions;

/// <summary>How a session's path does at a moment. Two of them, some time apart, tell whether frames flow.</summary>
/// <param name="Epoch">Which path it is.</param>
/// <param name="Acked">How much of this side's stream the peer has acknowledged.</param>
/// <param name="AwaitsAck">Whether there is more.</param>
/// <param name="AwaitsPong">Whether a ping was sent and nothing has come since.</param>
/// <param name="Reads">How often bytes have come.</param>
internal readonly record struct SessionProgress(uint Epoch, long Acked, bool AwaitsAck, bool AwaitsPong, long Reads)
{
    /// <summary>Whether something is waited for, and nothing of it has come since <paramref name="earlier"/>.</summary>
    public bool IsStuckSince(SessionProgress earlier) =>
        Epoch == earlier.Epoch
        && ((AwaitsAck && earlier.AwaitsAck && Acked == earlier.Acked) || (AwaitsPong && earlier.AwaitsPong && Reads == earlier.Reads));
}

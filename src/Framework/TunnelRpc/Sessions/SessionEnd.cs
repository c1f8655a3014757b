namespace TunnelRpc.Sessions;

/// <summary>The end of a session, as the outcome of its open calls depends on it.</summary>
/// <param name="Error">The reason.</param>
/// <param name="SentOffset">
/// The highest offset of this side's stream that was ever sent: the peer cannot have received bytes beyond it.
/// </param>
/// <param name="LastAcceptedStream">
/// The highest stream id of this side that the peer has accepted, as its CLOSE states; null without a CLOSE.
/// </param>
internal readonly record struct SessionEnd(TunnelException Error, long SentOffset, ulong? LastAcceptedStream);

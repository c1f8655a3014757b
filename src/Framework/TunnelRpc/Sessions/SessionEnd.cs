namespace TunnelRpc.Sessions;

/// <summary>How a session ended, for the calls that it ends.</summary>
/// <param name="Error">Why.</param>
/// <param name="SentOffset">How much of this side's stream was ever given to a network: what is beyond it the peer cannot have.</param>
/// <param name="LastAcceptedStream">The highest stream of this side that the peer has accepted, where its CLOSE says so; null else.</param>
internal readonly record struct SessionEnd(TunnelException Error, long SentOffset, ulong? LastAcceptedStream);

using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>What is known of a call of the peer before its arguments are read.</summary>
/// <param name="Peer">Who calls.</param>
/// <param name="Stream">The call's number.</param>
/// <param name="Flags">The flags of its CALL.</param>
/// <param name="Metadata">What came beside the arguments; null for nothing.</param>
internal readonly record struct CallHead(TunnelPeer Peer, ulong Stream, FrameFlags Flags, CallMetadata? Metadata);

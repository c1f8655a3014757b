using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>What is known of a call of the peer before its arguments are read.</summary>
/// <param name="Peer">Who calls.</param>
/// <param name="StreamId">The call's number.</param>
/// <param name="Flags">The flags of its CALL.</param>
/// <param name="Metadata">What came beside the arguments; null for nothing.</param>
/// <param name="Reference">The object that is called, if the peer calls one that was passed to it.</param>
/// <param name="References">What travels with the call by reference; null for methods with nothing of the kind.</param>
internal readonly record struct IncomingCallInfo(
    TunnelPeer Peer, ulong StreamId, FrameFlags Flags, CallMetadata? Metadata, ExportedReference? Reference, CallReferences? References)
{
    /// <summary>What its message takes in memory while it runs; the call gives it back.</summary>
    public int ReservedBytes { get; init; }
}

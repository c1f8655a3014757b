using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>The head of an incoming call: everything but its arguments.</summary>
/// <param name="Peer">The peer that made the call.</param>
/// <param name="StreamId">The stream id of the call.</param>
/// <param name="Flags">The flags of the CALL frame.</param>
/// <param name="Metadata">The metadata of the CALL frame; null for none.</param>
/// <param name="Reference">The object that is called, if this side passed it by reference; null for a service.</param>
/// <param name="References">The references that are passed with the call; null for methods that pass none.</param>
internal readonly record struct IncomingCallInfo(
    TunnelPeer Peer, ulong StreamId, FrameFlags Flags, CallMetadata? Metadata, ExportedReference? Reference, CallReferences? References)
{
    /// <summary>The bytes that are accounted for the message of the call. The call releases them when it ends.</summary>
    public int ReservedBytes { get; init; }
}

using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>A call of the peer before its arguments are decoded. Lives on the reader's stack, which owns permit and lease until the call moves them.</summary>
/// <param name="peer">The peer that calls.</param>
/// <param name="streamId">The call's stream id.</param>
/// <param name="flags">The flags of its CALL.</param>
/// <param name="metadata">What came beside the arguments; null for nothing.</param>
/// <param name="reference">The object that is called, if the peer calls one that was passed to it.</param>
/// <param name="references">What travels with the call by reference; null for methods with nothing of the kind.</param>
/// <param name="permit">The call's permit; empty once the call has moved it.</param>
/// <param name="lease">The memory of the call's message; empty once the call has moved it.</param>
internal readonly ref struct IncomingCallInfo(
    TunnelPeer peer,
    ulong streamId,
    FrameFlags flags,
    CallMetadata? metadata,
    ExportedReference? reference,
    CallReferences? references,
    ref IncomingCallLimiter.Permit permit,
    ref MemoryLease lease)
{
    /// <summary>The call's permit.</summary>
    public readonly ref IncomingCallLimiter.Permit Permit = ref permit;

    /// <summary>The memory of the call's message.</summary>
    public readonly ref MemoryLease Lease = ref lease;

    public TunnelPeer Peer { get; } = peer;

    public ulong StreamId { get; } = streamId;

    public FrameFlags Flags { get; } = flags;

    public CallMetadata? Metadata { get; } = metadata;

    public ExportedReference? Reference { get; } = reference;

    public CallReferences? References { get; } = references;
}

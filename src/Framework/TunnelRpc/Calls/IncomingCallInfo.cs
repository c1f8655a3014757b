using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>
/// The head of an incoming call: everything but its arguments. Lives on the stack of the reader, which owns permit and lease until the call
/// moves them.
/// </summary>
/// <param name="peer">The peer that made the call.</param>
/// <param name="streamId">The stream id of the call.</param>
/// <param name="flags">The flags of the CALL frame.</param>
/// <param name="metadata">The metadata of the CALL frame; null for none.</param>
/// <param name="reference">The object that is called, if this side passed it by reference; null for a service.</param>
/// <param name="references">The references that are passed with the call; null for methods that pass none.</param>
/// <param name="scheduler">Where the call runs; null for the thread pool.</param>
/// <param name="message">
/// The message of the call, if it is large and may be decoded later; null otherwise, and once the call has moved it.
/// </param>
/// <param name="permit">The permit of the call; empty once the call has moved it.</param>
/// <param name="lease">The memory of the message of the call; empty once the call has moved it.</param>
internal readonly ref struct IncomingCallInfo(
    TunnelPeer peer,
    ulong streamId,
    FrameFlags flags,
    CallMetadata? metadata,
    ExportedReference? reference,
    CallReferences? references,
    CallScheduler? scheduler,
    ref PartialMessage? message,
    ref IncomingCallLimiter.Permit permit,
    ref MemoryLease lease)
{
    /// <summary>The message of the call, if it is large and may be decoded later.</summary>
    public readonly ref PartialMessage? Message = ref message;

    /// <summary>The permit of the call.</summary>
    public readonly ref IncomingCallLimiter.Permit Permit = ref permit;

    /// <summary>The memory of the message of the call.</summary>
    public readonly ref MemoryLease Lease = ref lease;

    /// <summary>The peer that made the call.</summary>
    public TunnelPeer Peer { get; } = peer;

    /// <summary>The stream id of the call.</summary>
    public ulong StreamId { get; } = streamId;

    /// <summary>The flags of the CALL frame.</summary>
    public FrameFlags Flags { get; } = flags;

    /// <summary>The metadata of the CALL frame; null for none.</summary>
    public CallMetadata? Metadata { get; } = metadata;

    /// <summary>The object that is called, if this side passed it by reference; null for a service.</summary>
    public ExportedReference? Reference { get; } = reference;

    /// <summary>The references that are passed with the call; null for methods that pass none.</summary>
    public CallReferences? References { get; } = references;

    /// <summary>Where the call runs; null for the thread pool.</summary>
    public CallScheduler? Scheduler { get; } = scheduler;
}

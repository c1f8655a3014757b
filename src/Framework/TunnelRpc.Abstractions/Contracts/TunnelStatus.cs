namespace TunnelRpc;

/// <summary>How a call or a tunnel ended: gRPC's status names and numbers.</summary>
public enum TunnelStatus
{
    /// <summary>It succeeded.</summary>
    Ok = 0,

    /// <summary>It was cancelled, typically by the caller.</summary>
    Cancelled = 1,

    /// <summary>An error that has no better name.</summary>
    Unknown = 2,

    /// <summary>The arguments are wrong, whatever the state of the system; also: they could not be decoded.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before it completed.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>What was to be created exists.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A limit was hit; the message names it.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that this needs.</summary>
    FailedPrecondition = 9,

    /// <summary>It was aborted, typically by a conflict.</summary>
    Aborted = 10,

    /// <summary>A value is past the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The peer does not serve this service or method.</summary>
    Unimplemented = 12,

    /// <summary>The peer failed unexpectedly, or broke the protocol.</summary>
    Internal = 13,

    /// <summary>There is no path to the peer, or the peer is going away; trying again later may help.</summary>
    Unavailable = 14,

    /// <summary>Data was lost that cannot be had again.</summary>
    DataLoss = 15,

    /// <summary>The caller is not known.</summary>
    Unauthenticated = 16,
}

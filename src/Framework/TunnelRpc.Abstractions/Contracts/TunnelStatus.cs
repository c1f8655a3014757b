namespace TunnelRpc;

/// <summary>The status of a call or a session. Names and numbers are those of the gRPC status codes.</summary>
public enum TunnelStatus
{
    /// <summary>The call succeeded.</summary>
    Ok = 0,

    /// <summary>The call was cancelled, typically by the caller.</summary>
    Cancelled = 1,

    /// <summary>An error that no other status describes.</summary>
    Unknown = 2,

    /// <summary>The arguments are invalid regardless of the state of the system, or they could not be decoded.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call completed.</summary>
    DeadlineExceeded = 4,

    /// <summary>The requested entity does not exist.</summary>
    NotFound = 5,

    /// <summary>The entity to be created exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is authenticated but not authorized for the call.</summary>
    PermissionDenied = 7,

    /// <summary>A limit was reached. The message names it.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the call requires.</summary>
    FailedPrecondition = 9,

    /// <summary>The call was aborted, typically because of a conflict.</summary>
    Aborted = 10,

    /// <summary>A value is outside the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The peer does not serve this service or method.</summary>
    Unimplemented = 12,

    /// <summary>The peer failed unexpectedly or violated the protocol.</summary>
    Internal = 13,

    /// <summary>There is no path to the peer, or the peer is shutting down. Retrying later may succeed.</summary>
    Unavailable = 14,

    /// <summary>Data was lost irrecoverably.</summary>
    DataLoss = 15,

    /// <summary>The caller is not authenticated.</summary>
    Unauthenticated = 16,
}

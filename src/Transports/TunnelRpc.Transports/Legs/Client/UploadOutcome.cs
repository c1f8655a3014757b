namespace TunnelRpc.Transports.Legs.Client;

/// <summary>The reason why a streamed upload has ended.</summary>
internal enum UploadOutcome
{
    /// <summary>All bytes of the connection are sent, and the server has received them.</summary>
    Complete,

    /// <summary>The client ended it in an orderly way, to continue with another upload.</summary>
    Rotated,

    /// <summary>The upload broke or was refused.</summary>
    Failed,
}

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>How a streamed upload came to its end.</summary>
internal enum UploadOutcome
{
    /// <summary>All there was and will be is sent, and the server has it.</summary>
    Complete,

    /// <summary>This side ended it in order, and opens another.</summary>
    Rotated,

    /// <summary>Something else ended it.</summary>
    Failed,
}

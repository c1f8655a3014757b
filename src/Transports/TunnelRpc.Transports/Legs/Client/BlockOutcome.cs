namespace TunnelRpc.Transports.Legs.Client;

/// <summary>The result of sending one block.</summary>
internal enum BlockOutcome
{
    /// <summary>The server has received it.</summary>
    Acknowledged,

    /// <summary>It must be sent again as smaller blocks: an intermediary did not accept its size, or closed the connection.</summary>
    TooLarge,

    /// <summary>The connection has failed or ended.</summary>
    Failed,
}

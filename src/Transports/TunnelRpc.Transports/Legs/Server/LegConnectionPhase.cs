namespace TunnelRpc.Transports.Legs.Server;

/// <summary>The phase of a leg connection's life. A connection only moves to later phases.</summary>
internal enum LegConnectionPhase
{
    /// <summary>The download leg is open; the upload leg is not. The connection is not accepted yet.</summary>
    Pending,

    /// <summary>Both legs were opened and the connection is accepted.</summary>
    Open,

    /// <summary>The server has closed the connection. The client can still fetch the written bytes.</summary>
    Closing,

    /// <summary>The connection has ended. Its id is remembered for a time, to respond with 410.</summary>
    Ended,
}

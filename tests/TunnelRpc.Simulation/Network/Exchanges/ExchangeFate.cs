namespace TunnelRpc.Simulation.Network.Exchanges;

/// <summary>The fate of a request.</summary>
internal enum ExchangeFate
{
    Delivered,

    /// <summary>The request arrives late: later ones overtake it.</summary>
    Delayed,

    /// <summary>The request arrives twice.</summary>
    Duplicated,

    /// <summary>The request never arrives, and the client gets an error.</summary>
    Failed,

    /// <summary>The request never arrives, and the client gets no error.</summary>
    BlackHoled,

    /// <summary>The request arrives, but its response does not.</summary>
    ResponseDropped,
}

namespace TunnelRpc.Simulation.Network.Exchanges;

/// <summary>What becomes of a request.</summary>
internal enum ExchangeFate
{
    Delivered,

    /// <summary>It arrives late; others overtake it.</summary>
    Delayed,

    /// <summary>It arrives twice.</summary>
    Duplicated,

    /// <summary>It never arrives, and the client is told so.</summary>
    Failed,

    /// <summary>It never arrives, and nobody is told.</summary>
    BlackHoled,

    /// <summary>It arrives, and its answer does not.</summary>
    ResponseDropped,
}

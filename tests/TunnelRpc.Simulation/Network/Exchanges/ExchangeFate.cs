namespace TunnelRpc.Simulation.Network.Exchanges;

/// <summary>What becomes of a request.</summary>
internal enum ExchangeFate
{
    Passed,

    /// <summary>It arrives late; others overtake it.</summary>
    Late,

    /// <summary>It arrives twice.</summary>
    Repeated,

    /// <summary>It never arrives, and the client is told so.</summary>
    Lost,

    /// <summary>It never arrives, and nobody is told.</summary>
    Swallowed,

    /// <summary>It arrives, and its answer does not.</summary>
    AnswerLost,
}

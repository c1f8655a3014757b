namespace TunnelRpc.Transports.Legs;

/// <summary>What an exchange of a carrier is.</summary>
internal enum LegExchangeKind
{
    /// <summary>Down, or up: a body that does not end by itself.</summary>
    Stream,

    /// <summary>Down: an answer with what there is.</summary>
    Poll,

    /// <summary>Up: a body of known length.</summary>
    Block,

    /// <summary>Up, without a body: the client sends no more, and all of it lies below the offset.</summary>
    End,

    /// <summary>Up, without a body: the client is gone in the middle of something.</summary>
    Reset,
}

namespace TunnelRpc.Transports;

/// <summary>
/// A connection that is made of many exchanges, one after the other, and so outlives the one that it was accepted from: its host
/// lets that exchange go when <see cref="ExchangeCompleted"/> says so, not when the connection ends.
/// </summary>
public interface ILegConnection : ITransportConnection
{
    /// <summary>Completes, and never fails, once the exchange that <see cref="ITransportAcceptor.AcceptAsync"/> was given is over.</summary>
    Task ExchangeCompleted { get; }
}

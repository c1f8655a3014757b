namespace TunnelRpc.Transports;

/// <summary>
/// A connection that consists of many HTTP exchanges (legs), and that outlives the exchange from which it was accepted.
/// </summary>
/// <remarks>
/// In addition to the contract of <see cref="ITransportConnection"/>:
/// <list type="bullet">
/// <item>Guarantee of the caller (the host): it keeps the accepted exchange open until <see cref="ExchangeCompleted"/> completes, and
/// then ends it, also when the connection is still open.</item>
/// <item>Guarantee of the implementation: it does not use the accepted exchange after <see cref="ExchangeCompleted"/> has completed.
/// After disposal it completes within 5 s.</item>
/// <item>Thread-safety: <see cref="ExchangeCompleted"/> can be read and awaited on any thread.</item>
/// </list>
/// </remarks>
public interface ILegConnection : ITransportConnection
{
    /// <summary>
    /// Completes when the exchange that was passed to <see cref="ITransportAcceptor.AcceptAsync"/> has ended. Never fails and is never
    /// cancelled.
    /// </summary>
    Task ExchangeCompleted { get; }
}

namespace TunnelRpc.Transports;

/// <summary>The answering half of a transport. Thread-safe.</summary>
public interface ITransportAcceptor
{
    /// <summary>The transport's name, equal to its dialing half's; or the names of those that it answers, separated by ", ".</summary>
    string Name { get; }

    /// <summary>Whether the exchange belongs to this transport, told from its head alone.</summary>
    bool CanAccept(IHttpExchange exchange);

    /// <summary>
    /// Answers the exchange. Gives a connection, which the caller owns and for whose life the caller keeps the exchange
    /// open (an <see cref="ILegConnection"/> says itself for how long); or null when the exchange joined a connection that
    /// exists or was refused, in which case this returns once the exchange is over.
    /// </summary>
    /// <exception cref="TransportException">The path could not be opened after the exchange had begun, and why; the exchange is ended.</exception>
    ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken);
}

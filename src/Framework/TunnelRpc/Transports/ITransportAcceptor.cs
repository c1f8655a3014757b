namespace TunnelRpc.Transports;

/// <summary>The server's side of a transport: makes connections of HTTP exchanges.</summary>
/// <remarks>
/// Guarantees of the caller (the host):
/// <list type="bullet">
/// <item>It calls <see cref="AcceptAsync"/> only for exchanges for which <see cref="CanAccept"/> returned true, at most once each.</item>
/// <item>It keeps an exchange open until the connection that came of it is disposed, or until
/// <see cref="ILegConnection.ExchangeCompleted"/> completes if it is an <see cref="ILegConnection"/>.</item>
/// </list>
/// Guarantees of the implementation:
/// <list type="bullet">
/// <item><see cref="CanAccept"/> only reads the request's head and changes nothing.</item>
/// <item>When <see cref="AcceptAsync"/> returns null or throws, it does not use the exchange any more.</item>
/// </list>
/// Errors: <see cref="TransportException"/> when a connection cannot be opened after the exchange has started. A refused request is not
/// an error: the acceptor responds with the HTTP status and returns null.
/// <para>Thread-safety: all members are thread-safe. One acceptor serves any number of exchanges and mapped paths.</para>
/// <para>Disposal: the caller disposes the connection and ends the exchange. An acceptor is not disposed.</para>
/// </remarks>
public interface ITransportAcceptor
{
    /// <summary>
    /// The name of the transport, equal to <see cref="ITransport.Name"/> of the client's side. An acceptor that serves several transports
    /// has their names, separated by ", ".
    /// </summary>
    string Name { get; }

    /// <summary>Whether the exchange belongs to this transport, by its head alone.</summary>
    /// <param name="exchange">An exchange whose body has not been read.</param>
    bool CanAccept(IHttpExchange exchange);

    /// <summary>
    /// Responds to the exchange and makes a connection of it, or adds it to an existing connection, or refuses it.
    /// </summary>
    /// <param name="exchange">The exchange, which stays the caller's.</param>
    /// <param name="cancellationToken">Cancelled when the host stops or the client disconnects.</param>
    /// <returns>
    /// A connection, which the caller disposes; or null when the exchange joined an existing connection or was refused. Null is returned
    /// only after the response is complete or the exchange is aborted.
    /// </returns>
    /// <exception cref="TransportException">The connection failed after the exchange had started. The message has the reason.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<ITransportConnection?> AcceptAsync(IHttpExchange exchange, CancellationToken cancellationToken);
}

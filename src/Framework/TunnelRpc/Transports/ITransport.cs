namespace TunnelRpc.Transports;

/// <summary>The client's side of a transport: opens connections to a server.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>Guarantee of the caller: it disposes each connection that <see cref="ConnectAsync"/> returns.</item>
/// <item>Guarantee of the implementation: each call opens a connection of its own, and a call that fails or is cancelled has closed all
/// of its sockets, or closes them without delay. Nothing is shared with other attempts.</item>
/// <item>Errors: <see cref="TransportException"/> when the connection cannot be opened; <see cref="OperationCanceledException"/> when
/// the token is cancelled.</item>
/// <item>Thread-safety: all members are thread-safe, and several calls of <see cref="ConnectAsync"/> may run concurrently.</item>
/// <item>Disposal: a transport has no resources of its own.</item>
/// </list>
/// </remarks>
public interface ITransport
{
    /// <summary>The transport's name in lower case, for instance "upgrade".</summary>
    string Name { get; }

    /// <summary>
    /// Opens a connection. An open connection does not prove that bytes pass in both directions: the session's handshake proves that.
    /// </summary>
    /// <param name="endpoint">The server's address, and the proxy, headers and credentials for it.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The connection. The caller disposes it.</returns>
    /// <exception cref="TransportException">The connection cannot be opened. The message has the reason, for the path report.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken);
}

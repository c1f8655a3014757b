using TunnelRpc.Transports;

namespace TunnelRpc.Testing.Transports;

/// <summary>
/// Connects to an <see cref="InMemoryListener"/> in the same process, without sockets and HTTP, but with backpressure: a writer waits while
/// 64 KiB are unread. The transport ignores the address of the endpoint. Thread-safe.
/// </summary>
/// <param name="listener">The listener that accepts the connections. Its creator disposes it.</param>
public sealed class InMemoryTransport(InMemoryListener listener) : ITransport
{
    internal const string TransportName = "in-memory";

    /// <summary>The name of the transport: "in-memory".</summary>
    public string Name => TransportName;

    /// <summary>
    /// Opens a connection; <see cref="InMemoryListener.AcceptAsync"/> returns its server side. Waits while the listener has
    /// <see cref="InMemoryListener.Backlog"/> connections that were not accepted.
    /// </summary>
    /// <param name="endpoint">The endpoint, which is ignored.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The client's side of the connection. The caller disposes it.</returns>
    /// <exception cref="TransportException">The listener is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return listener.ConnectAsync(cancellationToken);
    }
}

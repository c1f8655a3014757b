using TunnelRpc.Transports;

namespace TunnelRpc.Testing.Transports;

/// <summary>
/// Connects to an <see cref="InMemoryListener"/> in the same process: no sockets, no HTTP, but back-pressure as on a real
/// path. The endpoint's address is not looked at. Thread-safe.
/// </summary>
/// <param name="listener">Where connections arrive; stays its creator's to dispose.</param>
public sealed class InMemoryTransport(InMemoryListener listener) : ITransport
{
    internal const string TransportName = "in-memory";

    /// <summary>"in-memory".</summary>
    public string Name => TransportName;

    /// <summary>Opens a pair of connections and gives one; the other comes out of <see cref="InMemoryListener.AcceptAsync"/>. Waits while the listener's backlog is full.</summary>
    /// <exception cref="TransportException">The listener is disposed.</exception>
    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return listener.ConnectAsync(cancellationToken);
    }
}

namespace TunnelRpc.Transports;

/// <summary>The dialing half of a transport. Thread-safe; several connects may run at once.</summary>
public interface ITransport
{
    /// <summary>The transport's name, lower case, for instance "upgrade".</summary>
    string Name { get; }

    /// <summary>Opens a path. Whether bytes really flow on it is not proved by this: the session's handshake does that.</summary>
    /// <exception cref="TransportException">There is no such path, and why.</exception>
    ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken);
}

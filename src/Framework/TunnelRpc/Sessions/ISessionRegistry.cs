using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>The sessions of a server, as its handshakes use them.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>The caller calls <see cref="Admit"/> when HELLO has arrived, <see cref="Add"/> when CONFIRM has proved the path, and
/// <see cref="Remove"/> only if READY could not be sent.</item>
/// <item>The implementation returns from <see cref="Find"/> the sessions that were added and neither removed nor ended.</item>
/// <item>The message of a <see cref="TunnelException"/> goes to the client in REFUSE.</item>
/// <item>Thread-safe.</item>
/// </list>
/// </remarks>
internal interface ISessionRegistry
{
    /// <summary>The time that a session without a path waits for another one; zero disables resumption.</summary>
    TimeSpan ResumeWindow { get; }

    /// <summary>Checks whether a client may have a new session, before the handshake does the work for it.</summary>
    /// <param name="connection">The facts about the connection: its user and its remote address.</param>
    /// <exception cref="TunnelException">The server is full or shutting down, or the user or the address is at a limit.</exception>
    void Admit(TransportConnectionInfo connection);

    /// <summary>
    /// Adds a new session. The client does not know the session yet; when this method returns, the session must be ready for the client's
    /// first call.
    /// </summary>
    /// <param name="parameters">The parameters of the session.</param>
    /// <param name="connection">The connection of the first path.</param>
    /// <param name="receiveBuffer">The buffer of the connection; the session owns it when this method has returned.</param>
    /// <returns>The session that was added.</returns>
    /// <exception cref="TunnelException">The server has become full, or has started to shut down, since <see cref="Admit"/>.</exception>
    IRegisteredSession Add(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer);

    /// <summary>Removes a session that was added and whose client could not be notified.</summary>
    /// <param name="session">The session that <see cref="Add"/> returned.</param>
    void Remove(IRegisteredSession session);

    /// <summary>Finds the session with an id; null when there is none.</summary>
    IRegisteredSession? Find(Guid id);
}

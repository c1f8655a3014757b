using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>The sessions of a server, as the server side of the handshake uses them.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>The handshake calls <see cref="Admit"/>, then <see cref="Add"/>, for each new session. It calls <see cref="Remove"/> if READY
/// cannot be sent.</item>
/// <item>A <see cref="TunnelException"/> refuses the session; the client gets its status and message.</item>
/// <item>The implementation is thread-safe.</item>
/// </list>
/// </remarks>
internal interface ISessionRegistry
{
    /// <summary>How long a session outlives its path. Zero: a session ends with its path.</summary>
    TimeSpan ResumeWindow { get; }

    /// <summary>A client requests a new session; the cheap check before the rest of the handshake.</summary>
    /// <exception cref="TunnelException">The server accepts no further session.</exception>
    void Admit();

    /// <summary>Adds a new session before READY is sent, so that it is in place for the client's first call.</summary>
    /// <exception cref="TunnelException">The server accepts no further session.</exception>
    void Add(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer);

    /// <summary>Removes a session whose path was disconnected before READY was sent.</summary>
    void Remove(SessionParameters parameters);

    /// <summary>The session with this id; null if there is none.</summary>
    TunnelSession? Find(Guid id);
}

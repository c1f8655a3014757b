using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>What a server's handshakes ask of whoever keeps its sessions. Thread-safe.</summary>
internal interface ISessionRegistry
{
    /// <summary>How long a session outlives its path; zero: it does not.</summary>
    TimeSpan ResumeWindow { get; }

    /// <summary>A client wants a new session.</summary>
    /// <exception cref="TunnelException">There is no room for one; the client is told so.</exception>
    void Admit();

    /// <summary>A new session's path is proved, and the client does not know it yet: what must be in place for its first call.</summary>
    /// <exception cref="TunnelException">There is no room for one by now; the client is told so.</exception>
    void Add(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer);

    /// <summary>The path was lost before the client could be told of the session.</summary>
    void Remove(SessionParameters parameters);

    /// <summary>The session of that name; null when there is none.</summary>
    TunnelSession? Find(Guid id);
}

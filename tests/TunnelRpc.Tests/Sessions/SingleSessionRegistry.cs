using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Sessions;

/// <summary>The registry of a server that has one session and accepts no other.</summary>
internal sealed class SingleSessionRegistry : ISessionRegistry
{
    public TunnelSession? Session { get; set; }

    public TimeSpan ResumeWindow => TimeSpan.Zero;

    public void Admit(TransportConnectionInfo connection) => throw new InvalidOperationException("No new session is expected.");

    public IRegisteredSession Add(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer) =>
        throw new InvalidOperationException("No new session is expected.");

    public void Remove(IRegisteredSession session) => throw new InvalidOperationException("No new session is expected.");

    public IRegisteredSession? Find(Guid id) =>
        Session is { } session && session.Parameters.Ticket.SessionId == id ? new RegisteredSession(session) : null;

    private sealed record RegisteredSession(TunnelSession Session) : IRegisteredSession;
}

using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Sessions;

/// <summary>A server with one session, which accepts no new ones.</summary>
internal sealed class SingleSessionRegistry : ISessionRegistry
{
    public TunnelSession? Session { get; set; }

    public TimeSpan ResumeWindow => TimeSpan.Zero;

    public void Admit() => throw new InvalidOperationException("No new session is expected.");

    public void Add(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer) =>
        throw new InvalidOperationException("No new session is expected.");

    public void Remove(SessionParameters parameters) => throw new InvalidOperationException("No new session is expected.");

    public TunnelSession? Find(Guid id) => Session is { } session && session.Parameters.Ticket.SessionId == id ? session : null;
}

using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Sessions;

/// <summary>A server that has one session, and makes no other.</summary>
internal sealed class OneSession : ISessionRegistry
{
    public TunnelSession? Session { get; set; }

    public TimeSpan ResumeWindow => TimeSpan.Zero;

    public void Admit() => throw new InvalidOperationException("No new session is expected.");

    public void Add(SessionInfo info, ITransportConnection connection, RecordInput input) => throw new InvalidOperationException("No new session is expected.");

    public void Remove(SessionInfo info) => throw new InvalidOperationException("No new session is expected.");

    public TunnelSession? Find(Guid id) => Session is { } session && session.Info.Ticket.SessionId == id ? session : null;
}

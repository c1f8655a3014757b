using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>The connected clients, by session and all together.</summary>
internal sealed class TunnelClients<TCallback>(TunnelServer server) : ITunnelClients<TCallback>
    where TCallback : class, ITunnelService<TCallback>
{
    public IReadOnlyCollection<string> SessionIds => server.SessionIds;

    public TCallback All { get; } = TCallback.TunnelDefinition.CreateStub(
        new BroadcastInvoker(() => server.Peers.Select(peer => peer.Invoker)));

    public TCallback Session(string sessionId)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        return TCallback.TunnelDefinition.CreateStub(server.FindPeer(sessionId)?.Invoker
            ?? new FailingInvoker(new TunnelException(TunnelStatus.Unavailable, $"The session {sessionId} is not connected to this server.")));
    }
}

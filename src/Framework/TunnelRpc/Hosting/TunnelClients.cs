using System.Collections.Frozen;
using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>The connected clients of a server. Thread-safe.</summary>
internal sealed class TunnelClients<TCallback>(TunnelServer server) : ITunnelClients<TCallback>
    where TCallback : class, ITunnelService<TCallback>
{
    public IReadOnlyCollection<string> SessionIds => server.SessionIds;

    public IReadOnlyCollection<TunnelSessionInfo> Sessions => [.. server.Sessions.Select(s => s.Info)];

    public TCallback All => field ??= CreateBroadcastStub(() => server.Sessions);

    public TCallback Session(string sessionId)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        return TCallback.TunnelDefinition.CreateStub(server.FindSession(sessionId)?.Peer.Invoker ?? CreateFailingInvoker(sessionId));
    }

    public TCallback Except(params IReadOnlyCollection<string> sessionIds)
    {
        ArgumentNullException.ThrowIfNull(sessionIds);
        FrozenSet<string> excluded = sessionIds.ToFrozenSet(StringComparer.Ordinal);
        return CreateBroadcastStub(() => server.Sessions.Where(s => !excluded.Contains(s.Info.Id)));
    }

    public TCallback Group(string name, params IReadOnlyCollection<string> except)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(except);
        FrozenSet<string> excluded = except.ToFrozenSet(StringComparer.Ordinal);
        return CreateBroadcastStub(() => server.Groups.GetMembers(name).Where(s => !excluded.Contains(s.Info.Id)));
    }

    public TCallback User(string userId)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        return CreateBroadcastStub(() => server.FindSessionsOfUser(userId));
    }

    public TCallback Users(params IReadOnlyCollection<string> userIds)
    {
        ArgumentNullException.ThrowIfNull(userIds);
        foreach (string userId in userIds)
        {
            ArgumentException.ThrowIfNullOrEmpty(userId, nameof(userIds));
        }

        string[] distinct = [.. userIds.Distinct(StringComparer.Ordinal)];
        return CreateBroadcastStub(() => distinct.SelectMany(server.FindSessionsOfUser));
    }

    public TCallback Where(Func<TunnelSessionInfo, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return CreateBroadcastStub(() => server.Sessions.Where(s => condition(s.Info)));
    }

    private static FailingInvoker CreateFailingInvoker(string sessionId) =>
        new(new TunnelException(TunnelStatus.Unavailable, $"The session {sessionId} is not connected to this server.")
        {
            Outcome = TunnelCallOutcome.NotSent,
        });

    private TCallback CreateBroadcastStub(Func<IEnumerable<ServerSession>> sessions) => TCallback.TunnelDefinition.CreateStub(
        new BroadcastInvoker(() => [.. sessions().Select(s => s.Member)], null, server.BroadcastPolicy, server.Options.TimeProvider));
}

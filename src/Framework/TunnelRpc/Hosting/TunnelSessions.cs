namespace TunnelRpc.Hosting;

/// <summary>The sessions of a server, for applications. Thread-safe.</summary>
internal sealed class TunnelSessions(TunnelServer server) : ITunnelSessions
{
    private const string DefaultReason = "The server has ended the sessions of the user.";
    private const string Advice = "Sessions are ended by ITunnelSessions.";

    public IReadOnlyCollection<TunnelSessionInfo> All => [.. server.Sessions.Select(s => s.Info)];

    public IReadOnlyCollection<TunnelSessionInfo> OfUser(string userId)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        return [.. server.FindSessionsOfUser(userId).Select(s => s.Info)];
    }

    public async Task<int> EndUserAsync(string userId, string? reason = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        IReadOnlyList<ServerSession> sessions = server.FindSessionsOfUser(userId);
        await Task.WhenAll(sessions.Select(s => EndAsync(s, reason))).ConfigureAwait(false);
        return sessions.Count;
    }

    public async Task<bool> EndAsync(string sessionId, string? reason = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        if (server.FindSession(sessionId) is not { } session)
        {
            return false;
        }

        await EndAsync(session, reason).ConfigureAwait(false);
        return true;
    }

    private static async Task EndAsync(ServerSession session, string? reason)
    {
        string why = string.IsNullOrEmpty(reason) ? DefaultReason : reason;
        await session.Peer.CloseAsync(TunnelStatus.Unauthenticated, why, Advice).ConfigureAwait(false);

        // After this, the sessions of the user do not contain it. Does not wait for calls.
        await session.Info.Completion.ConfigureAwait(false);
    }
}

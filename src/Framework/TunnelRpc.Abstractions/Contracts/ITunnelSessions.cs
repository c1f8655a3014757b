namespace TunnelRpc;

/// <summary>The sessions of a server, and the end of those of a user. Thread-safe; a singleton that can be injected anywhere.</summary>
/// <remarks>
/// The id of a user is what the server's option UserIdSelector returns, by default the claim of the name identifier, the claim "sub" or the
/// name. A session without an authenticated user has no user id.
/// </remarks>
public interface ITunnelSessions
{
    /// <summary>A snapshot of the sessions, including those that wait for another path.</summary>
    IReadOnlyCollection<TunnelSessionInfo> All { get; }

    /// <summary>A snapshot of the sessions of a user; empty if it has none.</summary>
    /// <param name="userId">The id of the user.</param>
    IReadOnlyCollection<TunnelSessionInfo> OfUser(string userId);

    /// <summary>
    /// Ends all sessions of a user, for instance because its account was closed or a token was revoked. Their calls fail, and none of them
    /// can be resumed. Clients that stay connected connect again: refuse their credentials before.
    /// </summary>
    /// <param name="userId">The id of the user.</param>
    /// <param name="reason">The reason, which the clients get; null for a general one.</param>
    /// <returns>The number of the sessions, when all of them have ended.</returns>
    Task<int> EndUserAsync(string userId, string? reason = null);

    /// <summary>Ends one session.</summary>
    /// <param name="sessionId">The id of the session.</param>
    /// <param name="reason">The reason, which the client gets; null for a general one.</param>
    /// <returns>Whether there was such a session, when it has ended.</returns>
    Task<bool> EndAsync(string sessionId, string? reason = null);
}

using System.Security.Claims;

namespace TunnelRpc.Hosting;

/// <summary>The sessions of each user. Thread-safe.</summary>
internal sealed class SessionUsers
{
    private readonly Lock _gate = new();

    // Guarded by _gate. No set is empty.
    private readonly Dictionary<string, HashSet<ServerSession>> _sessions = new(StringComparer.Ordinal);

    /// <summary>The id of a user by default: the name identifier, the subject or the name.</summary>
    public static string? SelectId(ClaimsPrincipal user) =>
        (user.FindFirst(ClaimTypes.NameIdentifier) ?? user.FindFirst("sub"))?.Value ?? user.Identity?.Name;

    /// <summary>The id of a user; null for an anonymous one.</summary>
    /// <param name="user">The user.</param>
    /// <param name="options">Select the id.</param>
    /// <exception cref="UserIdSelectorException">The selector of the application has thrown an exception.</exception>
    public static string? GetId(ClaimsPrincipal? user, TunnelServerOptions options)
    {
        try
        {
            return user is not null && user.Identities.Any(i => i.IsAuthenticated) ? options.UserIdSelector(user) : null;
        }
        catch (Exception error)
        {
            throw new UserIdSelectorException(error);
        }
    }

    /// <summary>Adds a session with a user id.</summary>
    public void Add(ServerSession session)
    {
        if (session.Info.UserId is not { } id)
        {
            return;
        }

        lock (_gate)
        {
            if (!_sessions.TryGetValue(id, out HashSet<ServerSession>? sessions))
            {
                _sessions.Add(id, sessions = []);
            }

            sessions.Add(session);
        }
    }

    /// <summary>Removes a session. Has no effect if it was not added.</summary>
    public void Remove(ServerSession session)
    {
        if (session.Info.UserId is not { } id)
        {
            return;
        }

        lock (_gate)
        {
            if (_sessions.TryGetValue(id, out HashSet<ServerSession>? sessions) && sessions.Remove(session) && sessions.Count == 0)
            {
                _sessions.Remove(id);
            }
        }
    }

    /// <summary>A snapshot of the sessions of a user.</summary>
    public IReadOnlyList<ServerSession> Find(string userId)
    {
        lock (_gate)
        {
            return _sessions.TryGetValue(userId, out HashSet<ServerSession>? sessions) ? [.. sessions] : [];
        }
    }

    /// <summary>The number of sessions of a user.</summary>
    public int CountOf(string userId)
    {
        lock (_gate)
        {
            return _sessions.TryGetValue(userId, out HashSet<ServerSession>? sessions) ? sessions.Count : 0;
        }
    }
}

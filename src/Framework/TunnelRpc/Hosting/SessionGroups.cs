namespace TunnelRpc.Hosting;

/// <summary>The groups of one server. Every operation completes synchronously. Thread-safe.</summary>
/// <param name="findSession">Returns a session while it is registered, otherwise null.</param>
/// <param name="maxGroupsPerSession">The limit <see cref="TunnelServerLimits.MaxGroupsPerSession"/>.</param>
internal sealed class SessionGroups(Func<string, ServerSession?> findSession, int maxGroupsPerSession) : ITunnelGroups
{
    private const int MaxNameLength = 256;

    private readonly Lock _gate = new();

    // Guarded by _gate. No group is empty. A session is a member of a group if and only if ServerSession.Groups contains the name of the
    // group.
    private readonly Dictionary<string, HashSet<ServerSession>> _groups = new(StringComparer.Ordinal);

    public ValueTask<bool> JoinAsync(string sessionId, string group, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        ArgumentException.ThrowIfNullOrEmpty(group);
        if (group.Length > MaxNameLength)
        {
            throw new ArgumentException(
                $"Expected a group name of at most {MaxNameLength} characters, got one of {group.Length}.", nameof(group));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        lock (_gate)
        {
            // Looked up under the gate: a session that is unregistered afterwards waits for the gate in RemoveFromAll, which removes it
            // again.
            if (findSession(sessionId) is not { } session)
            {
                return new ValueTask<bool>(false);
            }

            if (session.Groups.Contains(group))
            {
                return new ValueTask<bool>(true);
            }

            if (session.Groups.Count >= maxGroupsPerSession)
            {
                return ValueTask.FromException<bool>(new TunnelException(
                    TunnelStatus.ResourceExhausted,
                    $"The session {sessionId} is in {maxGroupsPerSession} groups, as many as it may be in (limit MaxGroupsPerSession). "
                    + "Leave a group or raise the limit."));
            }

            session.Groups.Add(group);
            if (!_groups.TryGetValue(group, out HashSet<ServerSession>? members))
            {
                _groups.Add(group, members = []);
            }

            members.Add(session);
            return new ValueTask<bool>(true);
        }
    }

    public ValueTask<bool> LeaveAsync(string sessionId, string group, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        ArgumentException.ThrowIfNullOrEmpty(group);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        lock (_gate)
        {
            if (findSession(sessionId) is not { } session || !session.Groups.Remove(group))
            {
                return new ValueTask<bool>(false);
            }

            RemoveMemberLocked(session, group);
            return new ValueTask<bool>(true);
        }
    }

    public ValueTask<IReadOnlyCollection<string>> GetMembersAsync(string group, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<IReadOnlyCollection<string>>(cancellationToken);
        }

        IReadOnlyCollection<string> members = [.. GetMembers(group).Select(s => s.Info.Id)];
        return new ValueTask<IReadOnlyCollection<string>>(members);
    }

    public ValueTask<IReadOnlyCollection<string>> GetGroupsAsync(string sessionId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<IReadOnlyCollection<string>>(cancellationToken);
        }

        lock (_gate)
        {
            IReadOnlyCollection<string> groups = findSession(sessionId) is { } session ? [.. session.Groups] : [];
            return new ValueTask<IReadOnlyCollection<string>>(groups);
        }
    }

    /// <summary>Returns a snapshot of the sessions in a group; empty if the group does not exist.</summary>
    public IReadOnlyList<ServerSession> GetMembers(string group)
    {
        lock (_gate)
        {
            return _groups.TryGetValue(group, out HashSet<ServerSession>? members) ? [.. members] : [];
        }
    }

    /// <summary>
    /// Removes a session from all its groups. Call it after the session was unregistered, so that the session joins no group afterwards.
    /// </summary>
    public void RemoveFromAll(ServerSession session)
    {
        lock (_gate)
        {
            foreach (string group in session.Groups)
            {
                RemoveMemberLocked(session, group);
            }

            session.Groups.Clear();
        }
    }

    private void RemoveMemberLocked(ServerSession session, string group)
    {
        HashSet<ServerSession> members = _groups[group];
        members.Remove(session);
        if (members.Count == 0)
        {
            _groups.Remove(group);
        }
    }
}

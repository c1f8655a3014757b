namespace TunnelRpc.Hosting;

/// <summary>The groups of a server. Thread-safe.</summary>
/// <param name="findSession">Gives a session while it is registered.</param>
/// <param name="maxGroupsPerSession">The limit of that name.</param>
internal sealed class SessionGroups(Func<string, ServerSession?> findSession, int maxGroupsPerSession) : ITunnelGroups
{
    private const int MaxNameLength = 256;

    private readonly Lock _gate = new();

    // Guarded by _gate. No group is empty; a session is in a group if and only if the group is in its set.
    private readonly Dictionary<string, HashSet<ServerSession>> _groups = new(StringComparer.Ordinal);

    public bool Join(string sessionId, string group)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        ArgumentException.ThrowIfNullOrEmpty(group);
        if (group.Length > MaxNameLength)
        {
            throw new ArgumentException($"A group's name must have at most {MaxNameLength} characters, got {group.Length}.", nameof(group));
        }

        lock (_gate)
        {
            // Asked under the gate: who leaves the register afterwards waits for it in Remove.
            if (findSession(sessionId) is not { } session)
            {
                return false;
            }

            if (session.Groups.Contains(group))
            {
                return true;
            }

            if (session.Groups.Count >= maxGroupsPerSession)
            {
                throw new TunnelException(
                    TunnelStatus.ResourceExhausted,
                    $"The session {sessionId} is in {maxGroupsPerSession} groups (limit MaxGroupsPerSession), so it cannot join another: leave one, or raise the limit.");
            }

            session.Groups.Add(group);
            if (!_groups.TryGetValue(group, out HashSet<ServerSession>? members))
            {
                _groups.Add(group, members = []);
            }

            members.Add(session);
            return true;
        }
    }

    public bool Leave(string sessionId, string group)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        ArgumentException.ThrowIfNullOrEmpty(group);
        lock (_gate)
        {
            if (findSession(sessionId) is not { } session || !session.Groups.Remove(group))
            {
                return false;
            }

            RemoveMemberLocked(session, group);
            return true;
        }
    }

    public IReadOnlyCollection<string> MembersOf(string group) => [.. GetMembers(group).Select(s => s.Info.Id)];

    public IReadOnlyCollection<string> GroupsOf(string sessionId)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        lock (_gate)
        {
            return findSession(sessionId) is { } session ? [.. session.Groups] : [];
        }
    }

    /// <summary>The sessions in a group now.</summary>
    public IReadOnlyList<ServerSession> GetMembers(string group)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        lock (_gate)
        {
            return _groups.TryGetValue(group, out HashSet<ServerSession>? members) ? [.. members] : [];
        }
    }

    /// <summary>Takes a session out of all its groups, once it has left the register: it joins none after that.</summary>
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

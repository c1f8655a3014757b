using TunnelRpc.Accounting;

namespace TunnelRpc.Hosting;

// Decision: docs/adr/0076-sessions-without-a-path.md
/// <summary>
/// The sessions of a server that are without a path, in the order in which they have lost it, and their limits: if there are too many, of
/// all clients or of one user or address, those that have been without a path for the longest are ended. Thread-safe.
/// </summary>
/// <param name="limits">The limits.</param>
/// <param name="end">Ends a session, with the name and the value of the limit. Called under no lock.</param>
internal sealed class SessionsWithoutPath(TunnelServerLimits limits, Action<ServerSession, string, int> end)
{
    private readonly Lock _gate = new();

    // Guarded by _gate: the sessions of all clients, and those of each user and address; the first has been without a path for the
    // longest. No list of a user or an address is empty.
    private readonly LinkedList<ServerSession> _all = new();
    private readonly Dictionary<ClientPartition, LinkedList<ServerSession>> _ofPartitions = [];

    // Guarded by _gate: the places of each session in the lists.
    private readonly Dictionary<ServerSession, List<LinkedListNode<ServerSession>>> _places = [];

    /// <summary>The number of sessions.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _places.Count;
            }
        }
    }

    /// <summary>Whether a session is without a path, and the server has noticed.</summary>
    public bool Contains(ServerSession session)
    {
        lock (_gate)
        {
            return _places.ContainsKey(session);
        }
    }

    /// <summary>
    /// A session may have lost its path. It is added if it is without one now, and other sessions are ended if there are too many. The
    /// session itself is not ended.
    /// </summary>
    public void Add(ServerSession session)
    {
        List<(ServerSession Session, string Limit, int Value)> excess = [];
        lock (_gate)
        {
            // The thread that gives the session a path, or ends it, calls Remove afterwards: the change is seen here, or Remove finds the
            // session.
            if (!IsWithoutPath(session) || _places.ContainsKey(session))
            {
                return;
            }

            List<LinkedListNode<ServerSession>> places = [_all.AddLast(session)];
            _places.Add(session, places);
            AddTo(session.Partitions?.User);
            AddTo(session.Partitions?.Address);
            TakeExcess(_all, limits.MaxSessionsWithoutPath, nameof(limits.MaxSessionsWithoutPath), excess);
            TakeExcessOf(session.Partitions?.User, excess);
            TakeExcessOf(session.Partitions?.Address, excess);

            void AddTo(ClientPartition? partition)
            {
                if (partition is not null)
                {
                    if (!_ofPartitions.TryGetValue(partition, out LinkedList<ServerSession>? sessions))
                    {
                        _ofPartitions.Add(partition, sessions = new());
                    }

                    places.Add(sessions.AddLast(session));
                }
            }
        }

        foreach ((ServerSession oldest, string limit, int value) in excess)
        {
            end(oldest, limit, value);
        }
    }

    /// <summary>A session has a path again, or has ended. No effect if it was not added.</summary>
    public void Remove(ServerSession session)
    {
        lock (_gate)
        {
            RemoveLocked(session);
        }
    }

    private static bool IsWithoutPath(ServerSession session) =>
        !session.IsUnregistered && !session.Session.IsEnded && session.Session.Paths.DisconnectReason is not null;

    // Called under _gate.
    private void TakeExcessOf(ClientPartition? partition, List<(ServerSession Session, string Limit, int Value)> excess)
    {
        if (partition is not null && _ofPartitions.TryGetValue(partition, out LinkedList<ServerSession>? sessions))
        {
            TunnelPartitionLimits own = partition.Limits;
            TakeExcess(sessions, own.MaxSessionsWithoutPath, own.NameOf(nameof(own.MaxSessionsWithoutPath)), excess);
        }
    }

    // Called under _gate.
    private void TakeExcess(
        LinkedList<ServerSession> sessions,
        int? limit,
        string name,
        List<(ServerSession Session, string Limit, int Value)> excess)
    {
        while (limit is int value && sessions.Count > value)
        {
            ServerSession oldest = sessions.First!.Value;
            RemoveLocked(oldest);
            if (IsWithoutPath(oldest))
            {
                excess.Add((oldest, name, value));
            }
        }
    }

    // Called under _gate.
    private void RemoveLocked(ServerSession session)
    {
        if (!_places.Remove(session, out List<LinkedListNode<ServerSession>>? places))
        {
            return;
        }

        foreach (LinkedListNode<ServerSession> place in places)
        {
            place.List!.Remove(place);
        }

        RemoveIfEmpty(session.Partitions?.User);
        RemoveIfEmpty(session.Partitions?.Address);

        void RemoveIfEmpty(ClientPartition? partition)
        {
            if (partition is not null && _ofPartitions.GetValueOrDefault(partition) is { Count: 0 })
            {
                _ofPartitions.Remove(partition);
            }
        }
    }
}

using TunnelRpc.Gateway.Polling;

namespace TunnelRpc.Gateway.RawHttp;

/// <summary>The sessions of one name. They end with the claim of the name. Thread-safe.</summary>
/// <param name="maxSessions">The maximum number; above it the oldest one that is idle ends.</param>
internal sealed class RawHttpSessions(int maxSessions)
{
    // Guards _sessions, _order and the properties of each session.
    private readonly Lock _gate = new();
    private readonly SecretTable<RawHttpSession> _sessions = new();

    // The sessions of _sessions, the oldest first.
    private readonly List<RawHttpSession> _order = [];

    /// <summary>Starts a session. Returns null when all sessions have a request in flight or a poll that waits.</summary>
    public RawHttpSession? Start()
    {
        lock (_gate)
        {
            if (_order.Count >= maxSessions)
            {
                int idle = _order.FindIndex(session => session.Polls == 0 && session.Request is null or { IsCompleted: true });
                if (idle < 0)
                {
                    return null;
                }

                _sessions.Remove(_order[idle].Id);
                _order.RemoveAt(idle);
            }

            RawHttpSession started = new();
            started.Id = _sessions.Add(started);
            _order.Add(started);
            return started;
        }
    }

    /// <summary>Finds a session; null when it is unknown.</summary>
    public RawHttpSession? Find(string id)
    {
        lock (_gate)
        {
            return _sessions.TryGet(id, out RawHttpSession? session) ? session : null;
        }
    }

    /// <summary>The request in flight; null for none.</summary>
    public QueuedRequest? FindRequest(RawHttpSession session)
    {
        lock (_gate)
        {
            if (session.Request is { IsCompleted: true })
            {
                session.Request = null;
            }

            return session.Request;
        }
    }

    /// <summary>Adds a poll. Returns false when the session has a poll that waits.</summary>
    public bool TryBeginPoll(RawHttpSession session)
    {
        lock (_gate)
        {
            session.Polls += session.Polls == 0 ? 1 : 0;
            return session.Polls == 1;
        }
    }

    /// <summary>Ends a poll, with the request that it has got, or null.</summary>
    public void EndPoll(RawHttpSession session, QueuedRequest? request)
    {
        lock (_gate)
        {
            session.Polls--;
            session.Request = request ?? session.Request;
        }
    }

    /// <summary>Removes the request in flight, if it is this one.</summary>
    public void Remove(RawHttpSession session, QueuedRequest request)
    {
        lock (_gate)
        {
            if (session.Request == request)
            {
                session.Request = null;
            }
        }
    }
}

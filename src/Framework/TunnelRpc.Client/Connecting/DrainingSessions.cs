using TunnelRpc.Calls;

namespace TunnelRpc.Client.Connecting;

/// <summary>
/// The sessions that were replaced by a newer one and let their running calls finish, as after a GOAWAY frame of HTTP/2. Each session is
/// removed when it has ended. Thread-safe, except for <see cref="Add"/> and <see cref="WhenEnded"/>: only the connector's loop, and after
/// it the disposal, use them.
/// </summary>
internal sealed class DrainingSessions
{
    private readonly Lock _gate = new();

    // Replaced under _gate, read without it. Null when there is no session, so that the check of a call is one read.
    private volatile IReadOnlyList<ClientSession>? _sessions;

    private Task _whenEnded = Task.CompletedTask;

    /// <summary>Whether there is a session.</summary>
    public bool HasAny => _sessions is not null;

    /// <summary>Completes, without an exception, when all sessions that were added have ended.</summary>
    public Task WhenEnded => _whenEnded;

    /// <summary>Completes, without an exception, when no call of the server runs in these sessions.</summary>
    public Task WaitForCallbacksAsync() => Task.WhenAll((_sessions ?? []).Select(session => session.Peer.WaitForRunningCallsAsync()));

    /// <summary>Adds a session, and removes it when it has ended.</summary>
    public void Add(ClientSession session)
    {
        lock (_gate)
        {
            _sessions = [.. _sessions ?? [], session];
        }

        _whenEnded = _whenEnded.IsCompleted ? RemoveWhenEndedAsync(session) : Task.WhenAll(_whenEnded, RemoveWhenEndedAsync(session));
    }

    /// <summary>Returns the peer of the session with this id while the session drains; null when there is none.</summary>
    public TunnelPeer? FindPeer(string sessionId) =>
        _sessions?.FirstOrDefault(session => session.IsDraining && session.Peer.Parameters.Id == sessionId)?.Peer;

    /// <summary>Closes all sessions.</summary>
    public Task CloseAsync() => Task.WhenAll([.. (_sessions ?? []).Select(session => session.CloseAsync())]);

    /// <summary>Ends all sessions at once.</summary>
    public void Abort()
    {
        foreach (ClientSession session in _sessions ?? [])
        {
            session.Abort();
        }
    }

    private async Task RemoveWhenEndedAsync(ClientSession session)
    {
        await session.WaitForEndAsync().ConfigureAwait(false);
        lock (_gate)
        {
            List<ClientSession> remaining = [.. _sessions!.Where(other => other != session)];
            _sessions = remaining.Count == 0 ? null : remaining;
        }
    }
}

using System.Collections.Concurrent;
using System.Security.Claims;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>
/// The leg connections of an acceptor. Ended ones are kept for <see cref="LegTimings.EndedRetention"/>, at most
/// <see cref="MaxEndedConnections"/> of them. Thread-safe.
/// </summary>
internal sealed class LegConnectionTable
{
    private const int MaxEndedConnections = 1024;

    private readonly ConcurrentDictionary<string, ServerLegConnection> _connections = new(StringComparer.Ordinal);

    // Guarded by a lock on itself: the ended connections in the order of their ends, with the timestamps of the ends.
    private readonly Queue<(string Id, long EndTimestamp)> _ended = new();

    // The number of connections in the phase Pending. Changed with Interlocked only.
    private int _pending;

    public ServerLegConnection? Find(string id) => _connections.GetValueOrDefault(id);

    /// <summary>
    /// Adds a leg connection, or returns the one that a concurrent exchange has added; returns null when <paramref name="maxPending"/>
    /// connections are pending.
    /// </summary>
    public ServerLegConnection? GetOrAdd(
        string id, byte[] key, string transportName, ClaimsPrincipal? user, LegTimings timings, int maxPending)
    {
        if (Interlocked.Increment(ref _pending) > maxPending)
        {
            Interlocked.Decrement(ref _pending);
            return null;
        }

        RemoveExpired(timings.TimeProvider);
        int isCounted = 1;
        ServerLegConnection created = new(id, key, transportName, user, timings, connection =>
        {
            if (Interlocked.Exchange(ref isCounted, 0) == 1)
            {
                Interlocked.Decrement(ref _pending);
            }

            if (connection.IsEnded)
            {
                lock (_ended)
                {
                    _ended.Enqueue((id, timings.TimeProvider.GetTimestamp()));
                }

                RemoveExpired(timings.TimeProvider);
            }
        });
        ServerLegConnection added = _connections.GetOrAdd(id, created);
        if (added != created)
        {
            created.Discard();
            Interlocked.Decrement(ref _pending);
        }

        return added;
    }

    private void RemoveExpired(TimeProvider timeProvider)
    {
        lock (_ended)
        {
            while (_ended.TryPeek(out (string Id, long EndTimestamp) oldest)
                && (_ended.Count > MaxEndedConnections || timeProvider.GetElapsedTime(oldest.EndTimestamp) > LegTimings.EndedRetention))
            {
                _ended.Dequeue();
                _connections.TryRemove(oldest.Id, out _);
            }
        }
    }
}

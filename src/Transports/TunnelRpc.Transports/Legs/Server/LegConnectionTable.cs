using System.Collections.Concurrent;
using System.Security.Claims;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>All carriers of an acceptor, and for a minute those that were. Thread-safe.</summary>
internal sealed class LegConnectionTable
{
    private const int MaxEndedConnections = 1024;

    private readonly ConcurrentDictionary<string, ServerLegConnection> _connections = new(StringComparer.Ordinal);

    // Locked by itself: those that are over, in that order, and when they were.
    private readonly Queue<(string Id, long Since)> _ended = new();

    // Carriers without a connection; changed by Interlocked only.
    private int _pending;

    public ServerLegConnection? Find(string id) => _connections.GetValueOrDefault(id);

    /// <summary>Adds a carrier, or finds that another was quicker; null when too many wait already.</summary>
    public ServerLegConnection? GetOrAdd(string id, byte[] key, string name, ClaimsPrincipal? user, LegTimings times, int maxPending)
    {
        if (Interlocked.Increment(ref _pending) > maxPending)
        {
            Interlocked.Decrement(ref _pending);
            return null;
        }

        RemoveExpired(times.TimeProvider);
        int counted = 1;
        ServerLegConnection created = new(id, key, name, user, times, carrier =>
        {
            if (Interlocked.Exchange(ref counted, 0) == 1)
            {
                Interlocked.Decrement(ref _pending);
            }

            if (carrier.IsEnded)
            {
                lock (_ended)
                {
                    _ended.Enqueue((id, times.TimeProvider.GetTimestamp()));
                }

                RemoveExpired(times.TimeProvider);
            }
        });
        ServerLegConnection winner = _connections.GetOrAdd(id, created);
        if (winner != created)
        {
            created.Discard();
            Interlocked.Decrement(ref _pending);
        }

        return winner;
    }

    private void RemoveExpired(TimeProvider clock)
    {
        lock (_ended)
        {
            while (_ended.TryPeek(out (string Id, long Since) oldest)
                && (_ended.Count > MaxEndedConnections || clock.GetElapsedTime(oldest.Since) > LegTimings.EndedRetention))
            {
                _ended.Dequeue();
                _connections.TryRemove(oldest.Id, out _);
            }
        }
    }
}

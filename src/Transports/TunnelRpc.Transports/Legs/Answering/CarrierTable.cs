using System.Collections.Concurrent;
using System.Security.Claims;

namespace TunnelRpc.Transports.Legs.Answering;

/// <summary>All carriers of an acceptor, and for a minute those that were. Thread-safe.</summary>
internal sealed class CarrierTable
{
    private const int MaxRemembered = 1024;

    private readonly ConcurrentDictionary<string, Carrier> _carriers = new(StringComparer.Ordinal);

    // Locked by itself: those that are over, in that order, and when they were.
    private readonly Queue<(string Id, long Since)> _ended = new();

    // Carriers without a connection; changed by Interlocked only.
    private int _pending;

    public Carrier? Find(string id) => _carriers.GetValueOrDefault(id);

    /// <summary>Adds a carrier, or finds that another was quicker; null when too many wait already.</summary>
    public Carrier? Add(string id, byte[] key, string name, ClaimsPrincipal? user, LegsTimes times, int maxPending)
    {
        if (Interlocked.Increment(ref _pending) > maxPending)
        {
            Interlocked.Decrement(ref _pending);
            return null;
        }

        Forget(times.Clock);
        int counted = 1;
        Carrier created = new(id, key, name, user, times, carrier =>
        {
            if (Interlocked.Exchange(ref counted, 0) == 1)
            {
                Interlocked.Decrement(ref _pending);
            }

            if (carrier.IsOver)
            {
                lock (_ended)
                {
                    _ended.Enqueue((id, times.Clock.GetTimestamp()));
                }

                Forget(times.Clock);
            }
        });
        Carrier winner = _carriers.GetOrAdd(id, created);
        if (winner != created)
        {
            created.Discard();
            Interlocked.Decrement(ref _pending);
        }

        return winner;
    }

    private void Forget(TimeProvider clock)
    {
        lock (_ended)
        {
            while (_ended.TryPeek(out (string Id, long Since) oldest)
                && (_ended.Count > MaxRemembered || clock.GetElapsedTime(oldest.Since) > LegsTimes.Memory))
            {
                _ended.Dequeue();
                _carriers.TryRemove(oldest.Id, out _);
            }
        }
    }
}

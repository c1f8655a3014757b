using System.Collections.Concurrent;
using TunnelRpc.Accounting;

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
    /// connections are pending, or too many of the user or the address of the exchange.
    /// </summary>
    public ServerLegConnection? GetOrAdd(
        string id,
        byte[] key,
        string transportName,
        IHttpExchange exchange,
        LegTimings timings,
        int maxPending,
        out string? refusal)
    {
        PartitionSet? partitions = exchange.Partitions?.Rent(exchange.User, exchange.RemoteEndPoint);
        if (partitions?.Acquire(PartitionResource.PendingLegConnection) is { } refused)
        {
            partitions.Dispose();
            refusal = refused.Reason;
            return null;
        }

        if (Interlocked.Increment(ref _pending) > maxPending)
        {
            Release(partitions);
            refusal = $"The server is at its limit MaxPendingConnections: {maxPending} clients have not opened their upload leg.";
            exchange.Partitions?.OnRefused(new PartitionRefusal(nameof(LegTransportAcceptor.MaxPendingConnections), refusal));
            return null;
        }

        refusal = null;
        RemoveExpired(timings.TimeProvider);
        int isCounted = 1;
        ServerLegConnection created = new(id, key, transportName, exchange.User, timings, connection =>
        {
            if (Interlocked.Exchange(ref isCounted, 0) == 1)
            {
                Release(partitions);
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
            Release(partitions);
        }

        return added;
    }

    private void Release(PartitionSet? partitions)
    {
        Interlocked.Decrement(ref _pending);
        partitions?.Release(PartitionResource.PendingLegConnection);
        partitions?.Dispose();
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

using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Polling;

/// <summary>The queues of the names that pollers of one dialect have claimed. Each ends with its lease. Thread-safe.</summary>
/// <param name="router">The router.</param>
/// <param name="dialect">The dialect.</param>
/// <param name="options">The limits.</param>
/// <param name="passesUpgrades">Whether the programs of the dialect can take upgrades.</param>
internal sealed class ClaimedQueues(
    GatewayRouter router, string dialect, GatewayPollingOptions options, bool passesUpgrades = false)
{
    // Guards _queues. The router and leases have their own locks, which are not taken under it.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ClaimedQueue> _queues = new(StringComparer.Ordinal);

    /// <summary>The dialect.</summary>
    public string Dialect => dialect;

    /// <summary>
    /// Finds the queue of a name, or claims the name. The caller releases the lease of the queue when its poll has ended.
    /// </summary>
    public bool TryHold(
        string name,
        GatewayOwner owner,
        string? remoteEndPoint,
        [NotNullWhen(true)] out ClaimedQueue? queue,
        [NotNullWhen(false)] out GatewayRefusal? refusal)
    {
        while (true)
        {
            lock (_gate)
            {
                _queues.TryGetValue(name, out queue);
            }

            // An equal owner continues. A queue whose lease has ended is about to be removed, and the name may be free.
            if (queue is not null && queue.Owner.Equals(owner) && queue.Lease!.TryHold())
            {
                refusal = null;
                return true;
            }

            ClaimedQueue created = new(dialect, owner, remoteEndPoint, options, passesUpgrades);
            if (!router.TryClaim(name, owner, created, out GatewayClaim? claim, out refusal))
            {
                queue = null;
                return false;
            }

            created.Lease = new Lease(options.TimeProvider, options.LeaseTimeout, () => End(name, created, claim));
            bool added;
            lock (_gate)
            {
                added = queue is null ? _queues.TryAdd(name, created) : Replace(name, queue, created);
            }

            if (added && created.Lease.TryHold())
            {
                queue = created;
                refusal = null;
                return true;
            }

            // Another poll of the owner has claimed the name at the same time.
            created.Lease.Dispose();
            claim.Dispose();
        }
    }

    // Called under _gate.
    private bool Replace(string name, ClaimedQueue ended, ClaimedQueue created)
    {
        if (_queues.TryGetValue(name, out ClaimedQueue? current) && current != ended)
        {
            return false;
        }

        _queues[name] = created;
        return true;
    }

    private void End(string name, ClaimedQueue queue, GatewayClaim claim)
    {
        lock (_gate)
        {
            if (_queues.TryGetValue(name, out ClaimedQueue? current) && current == queue)
            {
                _queues.Remove(name);
            }
        }

        claim.Dispose();
        queue.Requests.Close();
    }
}

using System.Security.Cryptography;
using TunnelRpc.Gateway.Polling;

namespace TunnelRpc.Gateway.Relaying;

/// <summary>A name that a program has registered with a token, and its request URLs. Thread-safe.</summary>
/// <param name="label">The name.</param>
/// <param name="tokenDigest">The SHA-256 digest of the token.</param>
/// <param name="queue">The requests for the name. Its lease is that of the registration.</param>
/// <param name="maxUnusedSlots">The maximum number of URLs on which no request was delivered; above it the oldest ends.</param>
internal sealed class Registration(string label, byte[] tokenDigest, ClaimedQueue queue, int maxUnusedSlots)
{
    // Guards _slots, _order and the properties of each slot.
    private readonly Lock _gate = new();
    private readonly SecretTable<RelaySlot> _slots = new();

    // The slots of _slots, the oldest first. Bounded: at most maxUnusedSlots without a request, and those of requests that wait.
    private readonly List<RelaySlot> _order = [];

    /// <summary>The name.</summary>
    public string Label => label;

    /// <summary>The requests for the name.</summary>
    public ClaimedQueue Queue => queue;

    /// <summary>Whether the digest is that of the token. The time does not depend on how much of it is right.</summary>
    public bool IsToken(byte[] digest) => CryptographicOperations.FixedTimeEquals(digest, tokenDigest);

    /// <summary>Adds a request URL. Returns its secret part.</summary>
    public string AddSlot()
    {
        lock (_gate)
        {
            return AddSlotLocked();
        }
    }

    /// <summary>Finds a request URL by its secret part; null when it is unknown, or its request was completed.</summary>
    public RelaySlot? FindSlot(string id)
    {
        lock (_gate)
        {
            return _slots.TryGet(id, out RelaySlot? slot) && slot.Request?.IsCompleted != true ? slot : null;
        }
    }

    /// <summary>Returns the request that was delivered on a URL, and the next URL; null before a delivery.</summary>
    public (QueuedRequest Request, string NextId)? FindDelivered(RelaySlot slot)
    {
        lock (_gate)
        {
            return slot.Request is { } request ? (request, slot.NextId!) : null;
        }
    }

    /// <summary>Delivers a request on a URL. Returns false when another request was delivered on it.</summary>
    public bool TryDeliver(RelaySlot slot, QueuedRequest request)
    {
        lock (_gate)
        {
            if (slot.Request is not null)
            {
                return false;
            }

            slot.Request = request;
            slot.NextId = AddSlotLocked();
            return true;
        }
    }

    /// <summary>Makes a URL usable for another request, after its delivery has failed.</summary>
    public void Reset(RelaySlot slot, QueuedRequest request)
    {
        lock (_gate)
        {
            if (slot.Request == request && !request.IsCompleted)
            {
                slot.Request = null;
                slot.NextId = null;
            }
        }
    }

    private string AddSlotLocked()
    {
        for (int index = _order.Count - 1; index >= 0; index--)
        {
            if (_order[index].Request?.IsCompleted == true)
            {
                RemoveAtLocked(index);
            }
        }

        if (_order.Count(slot => slot.Request is null) >= maxUnusedSlots)
        {
            RemoveAtLocked(_order.FindIndex(slot => slot.Request is null));
        }

        RelaySlot added = new();
        added.Id = _slots.Add(added);
        _order.Add(added);
        return added.Id;
    }

    private void RemoveAtLocked(int index)
    {
        _slots.Remove(_order[index].Id);
        _order.RemoveAt(index);
    }
}

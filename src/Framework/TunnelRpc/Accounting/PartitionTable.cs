namespace TunnelRpc.Accounting;

/// <summary>The partitions of a server by user or by remote address: those that something of a client counts in. Thread-safe.</summary>
/// <typeparam name="TKey">The id of the user, or the address.</typeparam>
/// <param name="create">Creates a partition.</param>
internal sealed class PartitionTable<TKey>(Func<ClientPartition> create)
    where TKey : notnull
{
    private readonly Lock _gate = new();

    // Guarded by _gate. Each partition has a positive reference count.
    private readonly Dictionary<TKey, ClientPartition> _partitions = [];

    /// <summary>The number of partitions.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _partitions.Count;
            }
        }
    }

    /// <summary>Adds a reference to a partition. The caller removes it by <see cref="Return"/>.</summary>
    public ClientPartition Rent(TKey key)
    {
        lock (_gate)
        {
            if (!_partitions.TryGetValue(key, out ClientPartition? partition))
            {
                _partitions.Add(key, partition = create());
            }

            partition.ReferenceCount++;
            return partition;
        }
    }

    /// <summary>Removes a reference, and with the last one the partition.</summary>
    public void Return(TKey key, ClientPartition partition)
    {
        lock (_gate)
        {
            if (--partition.ReferenceCount == 0)
            {
                _partitions.Remove(key);
            }
        }
    }
}

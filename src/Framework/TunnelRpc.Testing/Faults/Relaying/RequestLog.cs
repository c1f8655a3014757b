namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>The last requests, at most the capacity. Thread-safe.</summary>
internal sealed class RequestLog(int capacity)
{
    private readonly Lock _gate = new();

    // Both fields: guarded by _gate.
    private readonly Queue<RequestEntry> _entries = new();
    private long _count;

    /// <summary>The number of all requests, also of those that are no longer recorded.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    public RequestEntry Add(int connection, string method, string target)
    {
        var entry = new RequestEntry(connection, method, target);
        lock (_gate)
        {
            _count++;
            if (_entries.Count == capacity)
            {
                _entries.Dequeue();
            }

            _entries.Enqueue(entry);
        }

        return entry;
    }

    public IReadOnlyList<FaultProxyRequest> Snapshot()
    {
        lock (_gate)
        {
            return [.. _entries.Select(e => e.Value)];
        }
    }
}

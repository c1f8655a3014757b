using System.Diagnostics;

namespace TunnelRpc.Accounting;

// Decision: docs/adr/0064-limits-per-user-and-address.md
/// <summary>
/// What the clients of one user, or of one remote address, use of a server, and their limits. Thread-safe. A call uses
/// nothing of it: counters change with handshakes, sessions and references, calls are counted in blocks, and bytes in steps of 16 KiB.
/// </summary>
/// <param name="limits">The limits.</param>
/// <param name="subject">The clients that share the partition, for texts: "this user" or "this remote address".</param>
/// <param name="onBytesExceeded">Called when the bytes exceed their limit; repeatedly and on any thread, so it must be fast.</param>
[DebuggerDisplay("{_counts[0]} sessions, {BufferedBytes} bytes")]
internal sealed class ClientPartition(TunnelPartitionLimits limits, string subject, Action onBytesExceeded)
{
    // Changed atomically; indexed by PartitionResource.
    private readonly int[] _counts = new int[Enum.GetValues<PartitionResource>().Length];

    private readonly int _nearCallLimit = limits.MaxConcurrentCalls is int limit ? limit / 2 : int.MaxValue;

    // Accessed by Volatile: the timestamp before which no session is asked for unused grants of calls, since none had any.
    private long _reclaimPauseEnd = long.MinValue;

    // Changed atomically.
    private long _bufferedBytes;

    /// <summary>The users of the partition: it is in its table while there are some. Guarded by the gate of the table.</summary>
    public int ReferenceCount { get; set; }

    /// <summary>The limits.</summary>
    public TunnelPartitionLimits Limits => limits;

    /// <summary>The accounted bytes of the sessions, also of aborted ones whose calls still run.</summary>
    public long BufferedBytes => Volatile.Read(ref _bufferedBytes);

    /// <summary>The timestamp before which no session is asked for unused grants of calls, since none had any.</summary>
    public long ReclaimPauseEnd
    {
        get => Volatile.Read(ref _reclaimPauseEnd);
        set => Volatile.Write(ref _reclaimPauseEnd, value);
    }

    /// <summary>Whether the limit is reached.</summary>
    public bool IsFull(PartitionResource resource) => Volatile.Read(ref _counts[(int)resource]) >= GetLimit(resource).Value;

    /// <summary>Whether more than half of the running calls are granted that are permitted. Read for each call that ends.</summary>
    public bool IsNearCallLimit => Volatile.Read(ref _counts[(int)PartitionResource.IncomingCall]) > _nearCallLimit;

    /// <summary>
    /// Counts more, unless they exceed the limit. The caller calls <see cref="Release"/>. Nothing is counted without a limit.
    /// </summary>
    public bool TryAcquire(PartitionResource resource, int count = 1)
    {
        if (GetLimit(resource).Value is not int limit)
        {
            return true;
        }

        // The counter never exceeds the limit, not even for a moment, so that an attempt that fails makes no other one fail.
        ref int counter = ref _counts[(int)resource];
        int current = Volatile.Read(ref counter);
        while (current <= limit - count)
        {
            int seen = Interlocked.CompareExchange(ref counter, current + count, current);
            if (seen == current)
            {
                return true;
            }

            current = seen;
        }

        return false;
    }

    /// <summary>Counts less.</summary>
    public void Release(PartitionResource resource, int count = 1)
    {
        if (GetLimit(resource).Value is not null)
        {
            Interlocked.Add(ref _counts[(int)resource], -count);
        }
    }

    /// <summary>Adds accounted bytes of a session; a negative number releases them.</summary>
    public void AddBytes(long bytes)
    {
        if (Interlocked.Add(ref _bufferedBytes, bytes) > limits.MaxBufferedBytes && bytes > 0)
        {
            onBytesExceeded();
        }
    }

    /// <summary>The refusal of a client at a limit of counts.</summary>
    public PartitionRefusal RefuseFor(PartitionResource resource)
    {
        (string name, int? limit) = GetLimit(resource);
        string counted = resource switch
        {
            PartitionResource.Session => "sessions",
            PartitionResource.PendingHandshake => "handshakes in progress",
            PartitionResource.PendingLegConnection => "leg connections without an upload leg",
            PartitionResource.IncomingCall => "running calls in all sessions",
            _ => "references held in all sessions",
        };
        return Refuse(name, $"Expected at most {limit} {counted} of {subject}, got one more") with
        {
            IsForCall = resource is PartitionResource.IncomingCall or PartitionResource.Reference,
        };
    }

    /// <summary>The refusal of a client whose partition starts too many per second.</summary>
    /// <param name="started">What it starts.</param>
    /// <param name="limit">The name of the limit.</param>
    /// <param name="perSecond">The limit.</param>
    public PartitionRefusal RefuseForRate(string started, string limit, int perSecond) =>
        Refuse(limit, $"Expected at most {perSecond} {started} per second of {subject}, got more");

    /// <summary>The refusal of a client whose partition buffers too many bytes.</summary>
    public PartitionRefusal RefuseForBytes() => Refuse(
        nameof(TunnelPartitionLimits.MaxBufferedBytes),
        $"Expected at most {limits.MaxBufferedBytes} buffered bytes of the sessions of {subject}, got {BufferedBytes}");

    private PartitionRefusal Refuse(string limit, string reason)
    {
        string name = limits.NameOf(limit);
        return new PartitionRefusal(name, $"{reason} (limit {name}). Retry later.");
    }

    private (string Name, int? Value) GetLimit(PartitionResource resource) => resource switch
    {
        PartitionResource.Session => (nameof(limits.MaxSessions), limits.MaxSessions),
        PartitionResource.PendingHandshake => (nameof(limits.MaxPendingHandshakes), limits.MaxPendingHandshakes),
        PartitionResource.PendingLegConnection => (nameof(limits.MaxPendingLegConnections), limits.MaxPendingLegConnections),
        PartitionResource.IncomingCall => (nameof(limits.MaxConcurrentCalls), limits.MaxConcurrentCalls),
        _ => (nameof(limits.MaxReferences), limits.MaxReferences),
    };
}

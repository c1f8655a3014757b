namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0029-lock-free-stream-table.md
/// <summary>
/// The open streams that one side has initiated, by stream id: an open-addressing hash table. Ids increase, so most streams are found in
/// the slot of their id. One thread at a time adds; any thread finds and removes, without a lock.
/// </summary>
/// <remarks>
/// The stream itself states whether it is open, by its open key (<see cref="TunnelStream.OpenKey"/>). A slot may hold a stream that is
/// closed, or that serves another session already; such a slot counts as empty. The key combines table id and stream id, so a stale slot
/// never matches.
/// </remarks>
internal sealed class StreamSlots
{
    /// <summary>The number of slots in which a stream may be.</summary>
    private const int MaxProbes = 4;

    private const int InitialSize = 8;

    /// <summary>The bits of the key that hold the stream id, more than a session uses. The bits above them hold the table id.</summary>
    private const int IdBits = 40;

    // Changed atomically: the tables created so far in this process.
    private static long _tableCount;

    private readonly ulong _tableKey = (ulong)Interlocked.Increment(ref _tableCount) << IdBits;

    // What the slots are before the first stream: most sessions are called by one side only. Always empty.
    private static readonly Slot[] NoSlots = new Slot[1];

    // Replaced as a whole by the adding thread. Slots are exchanged atomically.
    private Slot[] _slots = NoSlots;

    // Streams that found no slot, as long-lived streams occupy theirs. Created by the adding thread on demand. Guarded by a lock on itself.
    private volatile Dictionary<ulong, TunnelStream>? _overflow;
    private volatile int _overflowCount;

    /// <summary>The open streams. Enumerates them, so it is not cheap.</summary>
    public int Count => GetOpenStreams().Count;

    /// <summary>The open stream with this id; null if there is none.</summary>
    public TunnelStream? Find(ulong id)
    {
        Slot[] slots = Volatile.Read(ref _slots);
        int mask = slots.Length - 1;
        int index = (int)(id >> 1);
        for (int i = 0; i < MaxProbes; i++)
        {
            TunnelStream? stream = Volatile.Read(ref slots[(index + i) & mask].Stream);
            if (stream is not null && stream.OpenKey == GetKey(id))
            {
                return stream;
            }
        }

        return _overflowCount == 0 ? null : FindInOverflow(id);
    }

    /// <summary>Adds a stream. A full fence: the stream is visible to all threads before the caller's next read.</summary>
    public void Add(TunnelStream stream)
    {
        if (_slots == NoSlots)
        {
            Volatile.Write(ref _slots, new Slot[InitialSize]);
        }

        stream.MarkOpen(GetKey(stream.Id));
        while (!TryPlace(_slots, stream, stream.Id))
        {
            if (!TryGrow())
            {
                Dictionary<ulong, TunnelStream> overflow = _overflow ??= [];
                lock (overflow)
                {
                    overflow.Add(stream.Id, stream);
                    _overflowCount = overflow.Count;
                }

                Interlocked.MemoryBarrier();
                return;
            }
        }
    }

    /// <summary>
    /// Removes the stream with this id. True if the caller has to complete it; false also if the object serves another call already.
    /// </summary>
    public bool TryRemove(TunnelStream stream, ulong id)
    {
        if (id == 0 || !stream.TryMarkClosed(GetKey(id)))
        {
            return false;
        }

        // Clear the slot, so that it does not keep the stream from being collected. The adding thread may have reused the slot already.
        Slot[] slots = Volatile.Read(ref _slots);
        int mask = slots.Length - 1;
        int index = (int)(id >> 1);
        for (int i = 0; i < MaxProbes; i++)
        {
            ref TunnelStream? slot = ref slots[(index + i) & mask].Stream;
            if (ReferenceEquals(Volatile.Read(ref slot), stream))
            {
                Interlocked.CompareExchange(ref slot, null, stream);
                return true;
            }
        }

        if (_overflowCount != 0)
        {
            RemoveFromOverflow(id);
        }

        return true;
    }

    /// <summary>
    /// A snapshot of the open streams with their ids. By the time that the caller uses one, the object may serve another call.
    /// </summary>
    public IReadOnlyList<(TunnelStream Stream, ulong Id)> GetOpenStreams()
    {
        var open = new List<(TunnelStream, ulong)>();
        foreach (ref Slot slot in Volatile.Read(ref _slots).AsSpan())
        {
            if (Volatile.Read(ref slot.Stream) is { } stream && GetOpenId(stream) is > 0 and ulong id)
            {
                open.Add((stream, id));
            }
        }

        if (_overflow is { } overflow)
        {
            lock (overflow)
            {
                open.AddRange(overflow.Where(entry => GetOpenId(entry.Value) == entry.Key).Select(entry => (entry.Value, entry.Key)));
            }
        }

        return open;
    }

    private ulong GetKey(ulong id) => unchecked(_tableKey + id);

    /// <summary>The id under which a stream is open in this table; 0 if it is not.</summary>
    private ulong GetOpenId(TunnelStream stream)
    {
        ulong id = unchecked(stream.OpenKey - _tableKey);
        return id < 1ul << IdBits ? id : 0;
    }

    private bool TryPlace(Slot[] slots, TunnelStream stream, ulong id)
    {
        int mask = slots.Length - 1;
        int index = (int)(id >> 1);
        for (int i = 0; i < MaxProbes; i++)
        {
            ref TunnelStream? slot = ref slots[(index + i) & mask].Stream;
            TunnelStream? current = Volatile.Read(ref slot);
            if (current is null || ReferenceEquals(current, stream) || GetOpenId(current) == 0)
            {
                Interlocked.Exchange(ref slot, stream);
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Doubles the table if at least a quarter of the slots holds open streams. Otherwise a few long-lived streams collide, and growing
    /// does not help.
    /// </summary>
    private bool TryGrow()
    {
        Slot[] slots = _slots;
        var larger = new Slot[slots.Length * 2];
        int open = 0;
        foreach (ref Slot slot in slots.AsSpan())
        {
            if (Volatile.Read(ref slot.Stream) is { } stream && GetOpenId(stream) is > 0 and ulong id)
            {
                open++;
                if (!TryPlace(larger, stream, id))
                {
                    return false;
                }
            }
        }

        if (open < slots.Length / 4)
        {
            return false;
        }

        Volatile.Write(ref _slots, larger);
        Interlocked.MemoryBarrier();

        // A stream that was removed during the copy was cleared in the old table only. The new one must not keep it from being collected:
        // an idle session would hold its arguments. A removal that this scan does not see finds the new table.
        foreach (ref Slot slot in larger.AsSpan())
        {
            if (Volatile.Read(ref slot.Stream) is { } stream && GetOpenId(stream) == 0)
            {
                Interlocked.CompareExchange(ref slot.Stream, null, stream);
            }
        }

        return true;
    }

    private TunnelStream? FindInOverflow(ulong id)
    {
        Dictionary<ulong, TunnelStream> overflow = _overflow!;
        lock (overflow)
        {
            return overflow.TryGetValue(id, out TunnelStream? stream) && stream.OpenKey == GetKey(id) ? stream : null;
        }
    }

    private void RemoveFromOverflow(ulong id)
    {
        Dictionary<ulong, TunnelStream> overflow = _overflow!;
        lock (overflow)
        {
            overflow.Remove(id);
            _overflowCount = overflow.Count;
        }
    }

    /// <summary>A struct, so that storing into the array needs no covariance check.</summary>
    private struct Slot
    {
        public TunnelStream? Stream;
    }
}

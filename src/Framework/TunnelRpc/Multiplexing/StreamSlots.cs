namespace TunnelRpc.Multiplexing;

/// <summary>
/// The open calls of one side, by their numbers. Numbers rise, so that most calls are found at the place that their number says. One thread
/// at a time adds; everybody finds and removes, without a lock.
/// </summary>
/// <remarks>
/// Whether a call is open is its own to say (<see cref="TunnelStream.TryMarkClosed"/>), and a place may still hold one that is not, or that serves
/// another session by now, where numbers are the same: it is as good as empty then. So what a call is open as is a word that no other table uses.
/// </remarks>
internal sealed class StreamSlots
{
    /// <summary>How many places a call may be at.</summary>
    private const int MaxProbes = 4;

    private const int InitialSize = 8;

    /// <summary>More numbers than a session gives; above them, which table it is.</summary>
    private const int IdBits = 40;

    // Changed atomically: how many tables there were.
    private static long _tableCount;

    private readonly ulong _tableKey = (ulong)Interlocked.Increment(ref _tableCount) << IdBits;

    // Replaced as a whole by who adds. Places are exchanged atomically.
    private Slot[] _slots = new Slot[InitialSize];

    // Those that found no place: neighbours of calls that last. Made when there is one, by who adds; its own lock.
    private volatile Dictionary<ulong, TunnelStream>? _overflow;
    private volatile int _overflowCount;

    /// <summary>How many are open; takes its time.</summary>
    public int Count => GetOpenStreams().Count;

    public TunnelStream? Find(ulong id)
    {
        Slot[] slots = Volatile.Read(ref _slots);
        int mask = slots.Length - 1;
        int at = (int)(id >> 1);
        for (int i = 0; i < MaxProbes; i++)
        {
            TunnelStream? stream = Volatile.Read(ref slots[(at + i) & mask].Stream);
            if (stream is not null && stream.OpenKey == GetKey(id))
            {
                return stream;
            }
        }

        return _overflowCount == 0 ? null : FindInOverflow(id);
    }

    /// <summary>Adds a call, and makes that visible to all before what the caller reads next.</summary>
    public void Add(TunnelStream stream)
    {
        stream.MarkOpen(GetKey(stream.Id));
        while (!TryPlace(_slots, stream, stream.Id))
        {
            if (!TryGrow())
            {
                Dictionary<ulong, TunnelStream> others = _overflow ??= [];
                lock (others)
                {
                    others.Add(stream.Id, stream);
                    _overflowCount = others.Count;
                }

                Interlocked.MemoryBarrier();
                return;
            }
        }
    }

    /// <summary>Takes the call of this number out: true for the one who completes it. False also when its slot serves another call by now.</summary>
    public bool TryRemove(TunnelStream stream, ulong id)
    {
        if (id == 0 || !stream.TryMarkClosed(GetKey(id)))
        {
            return false;
        }

        // What is left in its place would keep it from being collected; whoever adds may have taken the place already.
        Slot[] slots = Volatile.Read(ref _slots);
        int mask = slots.Length - 1;
        int at = (int)(id >> 1);
        for (int i = 0; i < MaxProbes; i++)
        {
            ref TunnelStream? place = ref slots[(at + i) & mask].Stream;
            if (ReferenceEquals(Volatile.Read(ref place), stream))
            {
                Interlocked.CompareExchange(ref place, null, stream);
                return true;
            }
        }

        if (_overflowCount != 0)
        {
            RemoveFromOverflow(id);
        }

        return true;
    }

    /// <summary>Those that are open, with their numbers: by the time that one is looked at, it may be another call's.</summary>
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

        if (_overflow is { } others)
        {
            lock (others)
            {
                open.AddRange(others.Where(other => GetOpenId(other.Value) == other.Key).Select(other => (other.Value, other.Key)));
            }
        }

        return open;
    }

    private ulong GetKey(ulong id) => unchecked(_tableKey + id);

    /// <summary>The number that a call is open under here; 0 when it is not.</summary>
    private ulong GetOpenId(TunnelStream stream)
    {
        ulong number = unchecked(stream.OpenKey - _tableKey);
        return number < 1ul << IdBits ? number : 0;
    }

    private bool TryPlace(Slot[] slots, TunnelStream stream, ulong id)
    {
        int mask = slots.Length - 1;
        int at = (int)(id >> 1);
        for (int i = 0; i < MaxProbes; i++)
        {
            ref TunnelStream? place = ref slots[(at + i) & mask].Stream;
            TunnelStream? there = Volatile.Read(ref place);
            if (there is null || ReferenceEquals(there, stream) || GetOpenId(there) == 0)
            {
                Interlocked.Exchange(ref place, stream);
                return true;
            }
        }

        return false;
    }

    /// <summary>Makes room if half of the places are taken; else the calls in the way are few, and last.</summary>
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
        return true;
    }

    private TunnelStream? FindInOverflow(ulong id)
    {
        Dictionary<ulong, TunnelStream> others = _overflow!;
        lock (others)
        {
            return others.TryGetValue(id, out TunnelStream? stream) && stream.OpenKey == GetKey(id) ? stream : null;
        }
    }

    private void RemoveFromOverflow(ulong id)
    {
        Dictionary<ulong, TunnelStream> others = _overflow!;
        lock (others)
        {
            others.Remove(id);
            _overflowCount = others.Count;
        }
    }

    /// <summary>A place; a structure, so that storing into the array checks no type.</summary>
    private struct Slot
    {
        public TunnelStream? Stream;
    }
}

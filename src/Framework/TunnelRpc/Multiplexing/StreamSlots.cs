namespace TunnelRpc.Multiplexing;

/// <summary>
/// The open calls of one side, by their numbers. Numbers rise, so that most calls are found at the place that their number says. One thread
/// at a time adds; everybody finds and removes, without a lock.
/// </summary>
/// <remarks>
/// Whether a call is open is its own to say (<see cref="TunnelStream.TryClose"/>), and a place may still hold one that is not: it is as good
/// as empty then.
/// </remarks>
internal sealed class StreamSlots
{
    /// <summary>How many places a call may be at.</summary>
    private const int Probes = 4;

    private const int InitialSize = 8;

    // Replaced as a whole by who adds. Places are exchanged atomically.
    private Slot[] _slots = new Slot[InitialSize];

    // Those that found no place: neighbours of calls that last. Made when there is one, by who adds; its own lock.
    private volatile Dictionary<ulong, TunnelStream>? _others;
    private volatile int _otherCount;

    /// <summary>How many are open; takes its time.</summary>
    public int Count => Open().Count;

    public TunnelStream? Find(ulong id)
    {
        Slot[] slots = Volatile.Read(ref _slots);
        int mask = slots.Length - 1;
        int at = (int)(id >> 1);
        for (int i = 0; i < Probes; i++)
        {
            TunnelStream? stream = Volatile.Read(ref slots[(at + i) & mask].Stream);
            if (stream is not null && stream.IsOpenAs(id))
            {
                return stream;
            }
        }

        return _otherCount == 0 ? null : FindOther(id);
    }

    /// <summary>Adds a call, and makes that visible to all before what the caller reads next.</summary>
    public void Add(TunnelStream stream)
    {
        stream.Open();
        while (!TryPlace(_slots, stream))
        {
            if (!TryGrow())
            {
                Dictionary<ulong, TunnelStream> others = _others ??= [];
                lock (others)
                {
                    others.Add(stream.Id, stream);
                    _otherCount = others.Count;
                }

                Interlocked.MemoryBarrier();
                return;
            }
        }
    }

    /// <summary>Takes the call of this number out: true for the one who completes it. False also when its slot serves another call by now.</summary>
    public bool TryRemove(TunnelStream stream, ulong id)
    {
        if (!stream.TryClose(id))
        {
            return false;
        }

        // What is left in its place would keep it from being collected; whoever adds may have taken the place already.
        Slot[] slots = Volatile.Read(ref _slots);
        int mask = slots.Length - 1;
        int at = (int)(id >> 1);
        for (int i = 0; i < Probes; i++)
        {
            ref TunnelStream? place = ref slots[(at + i) & mask].Stream;
            if (ReferenceEquals(Volatile.Read(ref place), stream))
            {
                Interlocked.CompareExchange(ref place, null, stream);
                return true;
            }
        }

        if (_otherCount != 0)
        {
            RemoveOther(id);
        }

        return true;
    }

    /// <summary>Those that are open.</summary>
    public IReadOnlyList<TunnelStream> Open()
    {
        var open = new List<TunnelStream>();
        foreach (ref Slot slot in Volatile.Read(ref _slots).AsSpan())
        {
            if (Volatile.Read(ref slot.Stream) is { IsOpen: true } stream)
            {
                open.Add(stream);
            }
        }

        if (_others is { } others)
        {
            lock (others)
            {
                open.AddRange(others.Values.Where(stream => stream.IsOpen));
            }
        }

        return open;
    }

    private static bool TryPlace(Slot[] slots, TunnelStream stream)
    {
        int mask = slots.Length - 1;
        int at = (int)(stream.Id >> 1);
        for (int i = 0; i < Probes; i++)
        {
            ref TunnelStream? place = ref slots[(at + i) & mask].Stream;
            TunnelStream? there = Volatile.Read(ref place);
            if (there is null || !there.IsOpen || ReferenceEquals(there, stream))
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
            if (Volatile.Read(ref slot.Stream) is { IsOpen: true } stream)
            {
                open++;
                if (!TryPlace(larger, stream))
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

    private TunnelStream? FindOther(ulong id)
    {
        Dictionary<ulong, TunnelStream> others = _others!;
        lock (others)
        {
            return others.TryGetValue(id, out TunnelStream? stream) && stream.IsOpenAs(id) ? stream : null;
        }
    }

    private void RemoveOther(ulong id)
    {
        Dictionary<ulong, TunnelStream> others = _others!;
        lock (others)
        {
            others.Remove(id);
            _otherCount = others.Count;
        }
    }

    /// <summary>A place; a structure, so that storing into the array checks no type.</summary>
    private struct Slot
    {
        public TunnelStream? Stream;
    }
}

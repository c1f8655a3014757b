namespace TunnelRpc.Multiplexing;

/// <summary>
/// The open calls of one side, by their numbers. Numbers rise, so that most calls are found at the place that their number says. One thread
/// at a time adds; everybody finds and removes, without a lock.
/// </summary>
/// <remarks>
/// Whether a call is open is its own to say (<see cref="TunnelStream.TryClose"/>), and a place may still hold one that is not, or that serves
/// another session by now, where numbers are the same: it is as good as empty then. So what a call is open as is a word that no other table uses.
/// </remarks>
internal sealed class StreamSlots
{
    /// <summary>How many places a call may be at.</summary>
    private const int Probes = 4;

    private const int InitialSize = 8;

    /// <summary>More numbers than a session gives; above them, which table it is.</summary>
    private const int NumberBits = 40;

    // Changed atomically: how many tables there were.
    private static long _tables;

    private readonly ulong _table = (ulong)Interlocked.Increment(ref _tables) << NumberBits;

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
            if (stream is not null && stream.OpenAs == Word(id))
            {
                return stream;
            }
        }

        return _otherCount == 0 ? null : FindOther(id);
    }

    /// <summary>Adds a call, and makes that visible to all before what the caller reads next.</summary>
    public void Add(TunnelStream stream)
    {
        stream.Open(Word(stream.Id));
        while (!TryPlace(_slots, stream, stream.Id))
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
        if (id == 0 || !stream.TryClose(Word(id)))
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

    /// <summary>Those that are open, with their numbers: by the time that one is looked at, it may be another call's.</summary>
    public IReadOnlyList<(TunnelStream Stream, ulong Id)> Open()
    {
        var open = new List<(TunnelStream, ulong)>();
        foreach (ref Slot slot in Volatile.Read(ref _slots).AsSpan())
        {
            if (Volatile.Read(ref slot.Stream) is { } stream && NumberOf(stream) is > 0 and ulong id)
            {
                open.Add((stream, id));
            }
        }

        if (_others is { } others)
        {
            lock (others)
            {
                open.AddRange(others.Where(other => NumberOf(other.Value) == other.Key).Select(other => (other.Value, other.Key)));
            }
        }

        return open;
    }

    private ulong Word(ulong id) => unchecked(_table + id);

    /// <summary>The number that a call is open under here; 0 when it is not.</summary>
    private ulong NumberOf(TunnelStream stream)
    {
        ulong number = unchecked(stream.OpenAs - _table);
        return number < 1ul << NumberBits ? number : 0;
    }

    private bool TryPlace(Slot[] slots, TunnelStream stream, ulong id)
    {
        int mask = slots.Length - 1;
        int at = (int)(id >> 1);
        for (int i = 0; i < Probes; i++)
        {
            ref TunnelStream? place = ref slots[(at + i) & mask].Stream;
            TunnelStream? there = Volatile.Read(ref place);
            if (there is null || ReferenceEquals(there, stream) || NumberOf(there) == 0)
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
            if (Volatile.Read(ref slot.Stream) is { } stream && NumberOf(stream) is > 0 and ulong id)
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

    private TunnelStream? FindOther(ulong id)
    {
        Dictionary<ulong, TunnelStream> others = _others!;
        lock (others)
        {
            return others.TryGetValue(id, out TunnelStream? stream) && stream.OpenAs == Word(id) ? stream : null;
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

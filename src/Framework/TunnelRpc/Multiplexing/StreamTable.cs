using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// The open calls of both sides by their numbers. Whoever takes a call out completes it. Thread-safe, but that calls of one side are
/// added by one thread at a time; no lock where numbers are found at once, no I/O.
/// </summary>
internal sealed class StreamTable(bool isClient)
{
    // Added to under the session's gate.
    private readonly StreamSlots _locallyInitiated = new();

    // Added to by the reader.
    private readonly StreamSlots _peerInitiated = new();

    // Set once; a call that is added later finds it, or is found by who has set it.
    private volatile TunnelException? _sessionError;

    /// <summary>Whether a number is one that the peer gives: the client's are odd, the server's even.</summary>
    public bool IsPeerInitiated(ulong id) => id != 0 && (id & 1) == (isClient ? 0u : 1u);

    /// <summary>About how many are open; takes its time.</summary>
    public int Count => _locallyInitiated.Count + _peerInitiated.Count;

    public TunnelStream? Find(ulong id) => GetSlots(id).Find(id);

    /// <summary>Adds a call; false, with the reason, once the session has ended.</summary>
    public bool TryAdd(TunnelStream stream, [NotNullWhen(false)] out TunnelException? sessionError)
    {
        StreamSlots slots = GetSlots(stream.Id);
        slots.Add(stream);
        sessionError = _sessionError;
        if (sessionError is null || !slots.TryRemove(stream, stream.Id))
        {
            // In the second case it was found by who ends the session, and will hear of it.
            sessionError = null;
            return true;
        }

        return false;
    }

    /// <summary>Takes the call of this number out: true for the one who completes it. False also when its slot serves another call by now.</summary>
    public bool TryRemove(TunnelStream stream, ulong id) => GetSlots(id).TryRemove(stream, id);

    /// <summary>Takes all calls out, for good.</summary>
    public IReadOnlyList<TunnelStream> Close(TunnelException error)
    {
        Interlocked.CompareExchange(ref _sessionError, error, null);
        return [.. Close(_locallyInitiated), .. Close(_peerInitiated)];
    }

    private static IEnumerable<TunnelStream> Close(StreamSlots slots) => slots.GetOpenStreams().Where(open => slots.TryRemove(open.Stream, open.Id)).Select(open => open.Stream);

    private StreamSlots GetSlots(ulong id) => IsPeerInitiated(id) ? _peerInitiated : _locallyInitiated;
}

using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0005-removal-completes-a-call.md
/// <summary>
/// The open streams of both sides by stream id. The code that removes a stream completes its call. Thread-safe, except that streams of one
/// side are added by one thread at a time. Lock-free in the usual case (see <see cref="StreamSlots"/>). No I/O.
/// </summary>
internal sealed class StreamTable(bool isClient)
{
    // Added to under the lock of the session's writer.
    private readonly StreamSlots _locallyInitiated = new();

    // Added to by the reader.
    private readonly StreamSlots _peerInitiated = new();

    // Set once, by Close. A stream that is added concurrently sees it, or is found by Close.
    private volatile TunnelException? _sessionError;

    /// <summary>Whether the peer initiates streams with this id: the client's ids are odd, the server's even.</summary>
    public bool IsPeerInitiated(ulong id) => id != 0 && (id & 1) == (isClient ? 0u : 1u);

    /// <summary>Whether the session has ended. True before any stream is notified.</summary>
    public bool IsClosed => _sessionError is not null;

    /// <summary>The open streams; a snapshot. Enumerates them, so it is not cheap.</summary>
    public int Count => _locallyInitiated.Count + _peerInitiated.Count;

    /// <summary>A snapshot of the open streams of one side, with their ids. Enumerates them, so it is not cheap.</summary>
    public IReadOnlyList<(TunnelStream Stream, ulong Id)> GetOpenStreams(bool peerInitiated) =>
        (peerInitiated ? _peerInitiated : _locallyInitiated).GetOpenStreams();

    /// <summary>The open stream with this id; null if there is none.</summary>
    public TunnelStream? Find(ulong id) => GetSlots(id).Find(id);

    /// <summary>Adds a stream; false, with the reason, if the session has ended.</summary>
    public bool TryAdd(TunnelStream stream, [NotNullWhen(false)] out TunnelException? sessionError)
    {
        StreamSlots slots = GetSlots(stream.Id);
        slots.Add(stream);
        sessionError = _sessionError;
        if (sessionError is null || !slots.TryRemove(stream, stream.Id))
        {
            // In the second case Close has removed the stream, and completes it.
            sessionError = null;
            return true;
        }

        return false;
    }

    /// <summary>
    /// Removes the stream with this id. True if the caller has to complete it; false also if the object serves another call already.
    /// </summary>
    public bool TryRemove(TunnelStream stream, ulong id) => GetSlots(id).TryRemove(stream, id);

    /// <summary>Removes all streams; no stream can be added afterwards. The caller completes the streams returned.</summary>
    public IReadOnlyList<TunnelStream> Close(TunnelException error)
    {
        Interlocked.CompareExchange(ref _sessionError, error, null);
        return [.. Close(_locallyInitiated), .. Close(_peerInitiated)];
    }

    private static IEnumerable<TunnelStream> Close(StreamSlots slots) =>
        slots.GetOpenStreams().Where(open => slots.TryRemove(open.Stream, open.Id)).Select(open => open.Stream);

    private StreamSlots GetSlots(ulong id) => IsPeerInitiated(id) ? _peerInitiated : _locallyInitiated;
}

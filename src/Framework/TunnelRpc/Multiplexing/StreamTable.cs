using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Multiplexing;

/// <summary>The open calls of both sides by their numbers. Whoever takes a call out completes it. Thread-safe; no I/O.</summary>
internal sealed class StreamTable(bool isClient)
{
    private readonly Lock _gate = new();

    // Guarded by _gate. Once _lost is set, the table stays empty.
    private readonly Dictionary<ulong, TunnelStream> _streams = [];
    private TunnelException? _lost;

    /// <summary>Whether a number is one that the peer gives: the client's are odd, the server's even.</summary>
    public bool IsPeers(ulong id) => id != 0 && (id & 1) == (isClient ? 0u : 1u);

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _streams.Count;
            }
        }
    }

    public TunnelStream? Find(ulong id)
    {
        lock (_gate)
        {
            return _streams.GetValueOrDefault(id);
        }
    }

    /// <summary>Whether the call is open. Its slot may serve another call by now: then it is not.</summary>
    public bool Contains(TunnelStream stream)
    {
        lock (_gate)
        {
            return IsHere(stream);
        }
    }

    /// <summary>Adds a call; false, with the reason, once the session has ended.</summary>
    public bool TryAdd(TunnelStream stream, [NotNullWhen(false)] out TunnelException? lost)
    {
        lock (_gate)
        {
            lost = _lost;
            if (lost is not null)
            {
                return false;
            }

            _streams.Add(stream.Id, stream);
            return true;
        }
    }

    /// <summary>Takes a call out: true for the one who completes it.</summary>
    public bool TryRemove(TunnelStream stream)
    {
        lock (_gate)
        {
            return IsHere(stream) && _streams.Remove(stream.Id);
        }
    }

    /// <summary>Takes all calls out, for good.</summary>
    public IReadOnlyList<TunnelStream> Close(TunnelException error)
    {
        lock (_gate)
        {
            _lost ??= error;
            TunnelStream[] streams = [.. _streams.Values];
            _streams.Clear();
            return streams;
        }
    }

    private bool IsHere(TunnelStream stream) => _streams.TryGetValue(stream.Id, out TunnelStream? found) && ReferenceEquals(found, stream);
}

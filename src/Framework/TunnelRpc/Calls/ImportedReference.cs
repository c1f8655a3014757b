using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0041-release-of-references.md
/// <summary>
/// An object of the peer that this side has received by reference. All that uses the object (the stub, the received stream, an enumeration
/// that runs) holds this one, so its finalizer means that the application no longer uses the object: it releases the reference at the peer.
/// Thread-safe.
/// </summary>
/// <param name="peer">The peer.</param>
/// <param name="id">The reference id.</param>
[SuppressMessage(
    "Usage",
    "CA1816:Dispose methods should call SuppressFinalize",
    Justification = "A reference ends in several ways, none of which is a disposal; after each of them the finalizer has nothing to do.")]
internal sealed class ImportedReference(TunnelPeer peer, long id)
{
    private const int Held = 0;
    private const int Retained = 1;
    private const int Released = 2;

    // Changed atomically: Held, Retained or Released. Only the change to Released deducts from the count of the peer.
    private int _state = Held;

    ~ImportedReference() => Drop();

    /// <summary>The reference id.</summary>
    public long Id => id;

    /// <summary>The reference outlives the call that passed it. Has no effect on a reference that was released.</summary>
    public void Retain()
    {
        if (Interlocked.CompareExchange(ref _state, Retained, Held) != Released)
        {
            peer.Multiplexer.WriteControl((ulong)id, FrameType.Reference, [(byte)ReferenceChange.Retain]);
        }
    }

    /// <summary>Releases the reference at the peer. Has no effect when it was released before.</summary>
    public void Release()
    {
        if (TryEnd())
        {
            peer.Multiplexer.WriteControl((ulong)id, FrameType.Reference, [(byte)ReferenceChange.Release]);
            peer.ImportedReferences.OnReleased();
        }
    }

    /// <summary>
    /// Releases the reference in a work item of the thread pool; for callers that may not send: the finalizer, and code under a lock.
    /// </summary>
    public void Drop()
    {
        if (TryEnd())
        {
            peer.ImportedReferences.ReleaseLater(id);
        }
    }

    /// <summary>The call that passed the reference has ended: the peer releases it itself, unless it was retained.</summary>
    public void OnCallEnded()
    {
        if (Interlocked.CompareExchange(ref _state, Released, Held) == Held)
        {
            GC.SuppressFinalize(this);
            peer.ImportedReferences.OnReleased();
        }
    }

    private bool TryEnd()
    {
        GC.SuppressFinalize(this);
        return Interlocked.Exchange(ref _state, Released) != Released;
    }
}

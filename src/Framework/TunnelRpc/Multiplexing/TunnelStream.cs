namespace TunnelRpc.Multiplexing;

/// <summary>
/// One side's state of a call. The multiplexer's table holds it while the call is open; who takes it out of the table owns
/// its completion, so that each call completes once. The members below are called by the reader, and do not wait.
/// </summary>
internal abstract class TunnelStream
{
    // Exchanged atomically: in which table and under which number the call is open, as one word; else 0. Who sets it to 0 completes the call.
    private ulong _openKey;

    // Written before the call is put into the table, changed atomically after that.
    private OutgoingCallLimiter.Permit _outgoingPermit;

    /// <summary>Its number; set when it is opened or accepted.</summary>
    public ulong Id { get; set; }

    /// <summary>
    /// For a call of this side: the offset behind its CALL in the session's stream; 0 while that is not written. Written under the
    /// session's gate.
    /// </summary>
    public long CallEndOffset { get; set; }

    /// <summary>The permit of a call of this side; empty for a call of the peer. The code that takes the call out of the table disposes it.</summary>
    public ref OutgoingCallLimiter.Permit OutgoingPermit => ref _outgoingPermit;

    /// <summary>Whether it is in the table; its slot may serve another call by now.</summary>
    public bool IsOpen => Volatile.Read(ref _openKey) != 0;

    /// <summary>What this side may send; null when it sends no elements.</summary>
    public SendWindow? SendWindow { get; protected init; }

    /// <summary>What the peer may send; null when it sends no elements.</summary>
    public ReceiveWindow? ReceiveWindow { get; protected init; }

    /// <summary>The table's word for what it is open as; 0 when it is not.</summary>
    public ulong OpenKey => Volatile.Read(ref _openKey);

    /// <summary>The call is in the table, as this; by the table.</summary>
    public void MarkOpen(ulong key) => Volatile.Write(ref _openKey, key);

    /// <summary>True for the one who takes the call out of the table that is open as this; by the table.</summary>
    public bool TryMarkClosed(ulong key) => Interlocked.CompareExchange(ref _openKey, 0, key) == key;

    /// <summary>The reply has come, which ends the call: the stream is out of the table already.</summary>
    public virtual void OnReply(FrameFlags flags, ReadOnlySpan<byte> body) =>
        throw new TunnelProtocolException($"Expected no REPLY on stream {Id}, which this side answers or which streams back, got one.");

    /// <summary>Elements have come.</summary>
    public virtual void OnItems(ReadOnlySpan<byte> body) => throw UnexpectedItemError(Id);

    /// <summary>What the session ends with when elements come where there are none.</summary>
    public static TunnelProtocolException UnexpectedItemError(ulong id) =>
        new($"Expected no ITEM on stream {id}, which carries no elements this way, got one.");

    /// <summary>The peer's direction has ended: an empty body is success. True when that ends the call, and takes it out of the table.</summary>
    public virtual bool OnEnd(FrameFlags flags, ReadOnlySpan<byte> body) =>
        throw new TunnelProtocolException($"Expected no END on stream {Id}, which carries no elements this way, got one.");

    /// <summary>The peer has cancelled: the stream is out of the table already.</summary>
    public abstract void OnCancel(TunnelStatus status);

    /// <summary>Elements that the peer sent for a call of its own cannot be decompressed: the call ends with this failure on both sides.</summary>
    public virtual void OnItemsRejected(TunnelException error) => OnFailed(error);

    /// <summary>The session is over: the stream is out of the table already.</summary>
    public abstract void OnFailed(TunnelException error);
}

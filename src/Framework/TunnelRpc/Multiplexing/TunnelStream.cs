using System.Diagnostics;
using TunnelRpc.Tracking;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// One side's state of a call. It is in the multiplexer's table while the call is open. The code that takes it out of the table owns its
/// completion, so each call completes exactly once. The virtual members are called by the reader, do not block, and run no code of the
/// application except decoding; <see cref="OnFailed"/> may be called by any thread.
/// </summary>
[DebuggerDisplay("stream {Id}, {IsOpen ? \"open\" : \"closed\",nq}")]
internal abstract class TunnelStream
{
    // Exchanged atomically: table id and stream id under which the call is open; 0 if it is not. The code that sets it to 0 completes the
    // call.
    private ulong _openKey;

    // Written before the call is put into the table, changed atomically after that.
    private OutgoingCallLimiter.Permit _outgoingPermit;

    /// <summary>The stream id; set when the call is opened or accepted.</summary>
    public ulong Id { get; set; }

    /// <summary>
    /// For a call of this side: the offset after its CALL frame in the session's byte stream; 0 until that is written. Set under the lock
    /// of the session's writer.
    /// </summary>
    public long CallEndOffset { get; set; }

    /// <summary>
    /// The permit of a call of this side; empty for a call of the peer. The code that takes the call out of the table disposes it.
    /// </summary>
    public ref OutgoingCallLimiter.Permit OutgoingPermit => ref _outgoingPermit;

    /// <summary>Whether the object is in a table. It may serve another call already.</summary>
    public bool IsOpen => Volatile.Read(ref _openKey) != 0;

    /// <summary>The window for the items that this side sends; null if it sends none.</summary>
    public SendWindow? SendWindow { get; protected init; }

    /// <summary>The window for the items that the peer sends; null if it sends none.</summary>
    public ReceiveWindow? ReceiveWindow { get; protected init; }

    /// <summary>Table id and stream id under which the call is open; 0 if it is not.</summary>
    public ulong OpenKey => Volatile.Read(ref _openKey);

    /// <summary>The method; null if the object does not know it, or serves no call. For diagnosis.</summary>
    public virtual TunnelMethod? CalledMethod => null;

    /// <summary>
    /// Whether the call is one of the peer whose method does not know by which call it was called. A hint: the object may serve another
    /// call.
    /// </summary>
    public virtual bool RunsWithoutContext => false;

    /// <summary>When the call was opened, for <see cref="LiveObjects.GetAge"/>; 0 while live objects are not tracked.</summary>
    public long OpenedTimestamp { get; private set; }

    /// <summary>
    /// The state of the call in words, for diagnosis; empty if there is nothing to say. Called by any thread at any time.
    /// </summary>
    public virtual string DescribeState() => "";

    /// <summary>
    /// A call of this side has got its stream id, and its first frame is about to be written. Called under the lock of the session's
    /// writer.
    /// </summary>
    public virtual void OnOpening()
    {
    }

    /// <summary>Called by the table when it adds the call under this key.</summary>
    public void MarkOpen(ulong key)
    {
        if (LiveObjects.IsEnabled)
        {
            OpenedTimestamp = LiveObjects.GetTimestamp();
        }

        Volatile.Write(ref _openKey, key);
    }

    /// <summary>Called by the table to remove the call with this key. True for exactly one caller.</summary>
    public bool TryMarkClosed(ulong key) => Interlocked.CompareExchange(ref _openKey, 0, key) == key;

    /// <summary>REPLY has arrived, which ends the call. The stream is out of the table already.</summary>
    public virtual void OnReply(FrameFlags flags, ReadOnlySpan<byte> body) =>
        throw new TunnelProtocolException(
            $"Expected no REPLY on stream {Id}, which this side answers or whose reply is a stream, got one.");

    /// <summary>
    /// REPLY has arrived in a large message, which ends the call. The stream is out of the table already. True if the call decodes it
    /// later, and disposes it; false, and nothing is done, if the reader has to call <see cref="OnReply"/>.
    /// </summary>
    public virtual bool TryDecodeReplyLater(FrameFlags flags, PartialMessage reply) => false;

    /// <summary>ITEM has arrived: one or more encoded items.</summary>
    public virtual void OnItems(ReadOnlySpan<byte> body) => throw UnexpectedItemError(Id);

    /// <summary>The error that ends the session when the peer sends items on a stream that has none in this direction.</summary>
    public static TunnelProtocolException UnexpectedItemError(ulong id) =>
        new($"Expected no ITEM on stream {id}, on which the peer sends no items, got one.");

    /// <summary>
    /// END has arrived: the peer sends no more items. An empty body means success. True if this ends the call; the caller then removes it
    /// from the table.
    /// </summary>
    public virtual bool OnEnd(FrameFlags flags, ReadOnlySpan<byte> body) =>
        throw new TunnelProtocolException($"Expected no END on stream {Id}, on which the peer sends no items, got one.");

    /// <summary>
    /// The message that ends a call of the peer is about to be written, after which the caller may make its next call. At least once.
    /// </summary>
    public virtual void OnFinalMessage()
    {
    }

    /// <summary>CANCEL has arrived. The stream is out of the table already.</summary>
    public abstract void OnCancel(TunnelStatus status);

    /// <summary>
    /// Items of a call of the peer cannot be decompressed, or are too many for the memory limit: the call ends with this failure on both
    /// sides.
    /// </summary>
    public virtual void OnItemsRejected(TunnelException error) => OnFailed(error);

    /// <summary>
    /// The call fails, because the session has ended or its items cannot be accepted. The stream is out of the table already.
    /// </summary>
    public abstract void OnFailed(TunnelException error);
}

using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// The receive window of one stream: the credit that the peer has for it. Checks that the peer stays within the window, decides when to
/// send credit, and accounts the items until the application has consumed them. No I/O. <see cref="OnReceived"/> and
/// <see cref="OnMessage"/> are called by the reader, <see cref="OnConsumed"/> by the consumer, <see cref="Release"/> by any thread.
/// </summary>
/// <param name="windowSize">The size of the window, in bytes (limit StreamWindow).</param>
/// <param name="memory">The account for the received bytes. They are released together with the credit for them.</param>
/// <param name="consumed">Gets the items of complete messages that are consumed or discarded, for the session credit.</param>
internal sealed class ReceiveWindow(int windowSize, MemoryAccount memory, ConsumedItems consumed)
{
    /// <summary>
    /// The credit of a released window: larger than any real one. Bytes that arrive for it are dropped and not accounted.
    /// </summary>
    private const long ReleasedCredit = 1L << 60;

    // Changed atomically: the bytes that the peer may still send. May be negative by one message. Near ReleasedCredit once the window is
    // released.
    private long _credit = windowSize;

    // Changed atomically: the complete messages that are not consumed. Near ReleasedCredit once the window is released.
    private long _unconsumed;

    // Used by the consumer only: bytes that are consumed, but for which no credit has been sent.
    private long _pendingCredit;

    /// <summary>
    /// The size of the stream's last message, at most the window: the next one is likely to be as large. Used by the reader only.
    /// </summary>
    public int LastMessageSize
    {
        get;
        set => field = Math.Min(value, windowSize);
    }

    /// <summary>The bytes that the peer may still send; null once the window is released. A hint, for diagnosis.</summary>
    public long? Credit => Volatile.Read(ref _credit) is var credit && credit < ReleasedCredit / 2 ? credit : null;

    /// <summary>A message, or a fragment of one, has arrived.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="startsMessage">
    /// Whether it is the start of a message. Only that needs credit: the rest of a message may exceed the window.
    /// </param>
    /// <exception cref="TunnelProtocolException">The peer started a message without credit.</exception>
    public void OnReceived(int bytes, bool startsMessage)
    {
        if (startsMessage && Volatile.Read(ref _credit) <= 0)
        {
            throw new TunnelProtocolException(
                $"Expected no items on a stream whose window of {windowSize} bytes is used up (limit StreamWindow), got {bytes} bytes.");
        }

        if (Interlocked.Add(ref _credit, -bytes) < ReleasedCredit / 2)
        {
            memory.AddReceivedItemBytes(bytes);
        }
    }

    /// <summary>A message has arrived as a whole. From here on the peer gets session credit when it is consumed or discarded.</summary>
    /// <param name="bytes">Its uncompressed size.</param>
    public void OnMessage(int bytes)
    {
        if (Interlocked.Add(ref _unconsumed, bytes) >= ReleasedCredit / 2)
        {
            consumed.Add(bytes);
        }
    }

    /// <summary>
    /// Whether the stream is to be ended to free memory: the peer exceeds MaxPendingCallBytes, and unconsumed items of this stream have
    /// too large a share.
    /// </summary>
    /// <param name="openCalls">The number of open calls.</param>
    public bool ShouldAbortToFreeMemory(int openCalls) =>
        Volatile.Read(ref _credit) is var credit && credit < ReleasedCredit / 2 && memory.IsExcessiveShare(windowSize - credit, openCalls);

    /// <summary>The failure of a stream that is ended to free memory.</summary>
    public TunnelException MemoryLimitError() =>
        memory.CreateLimitException("The stream was ended, as more items arrived and the application had not consumed the earlier ones");

    /// <summary>The application consumes no more items: releases the accounted bytes, once. Idempotent and thread-safe.</summary>
    public void Release()
    {
        long credit = Interlocked.Exchange(ref _credit, ReleasedCredit);
        if (credit < ReleasedCredit / 2)
        {
            memory.AddItemBytes(credit - windowSize);
        }

        long unconsumed = Interlocked.Exchange(ref _unconsumed, ReleasedCredit);
        if (unconsumed < ReleasedCredit / 2)
        {
            consumed.Add(unconsumed);
        }
    }

    /// <summary>
    /// The application has consumed items of this size. Returns the credit to send to the peer now; 0 below an eighth of the window.
    /// </summary>
    public long OnConsumed(int bytes)
    {
        if (Interlocked.Add(ref _unconsumed, -bytes) < ReleasedCredit / 2)
        {
            consumed.Add(bytes);
        }

        _pendingCredit += bytes;
        return _pendingCredit < Math.Max(windowSize / 8, 1) ? 0 : TakePendingCredit();
    }

    /// <summary>Returns the credit for all items that the application has consumed, below an eighth of the window, too.</summary>
    public long TakePendingCredit()
    {
        long credit = _pendingCredit;
        _pendingCredit = 0;
        if (credit == 0 || Interlocked.Add(ref _credit, credit) >= ReleasedCredit / 2)
        {
            return 0;
        }

        memory.AddItemBytes(-credit);
        return credit;
    }
}

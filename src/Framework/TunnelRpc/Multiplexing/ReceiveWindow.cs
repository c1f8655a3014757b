using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0105-windows-that-grow.md
/// <summary>
/// The receive window of one stream: the credit that the peer has for it. Checks that the peer stays within the window, decides when to
/// send credit and when the window grows, and accounts the items until the application has consumed them. No I/O.
/// <see cref="OnReceived"/>, <see cref="OnMessage"/> and <see cref="OnPeerBlocked"/> are called by the reader, <see cref="OnConsumed"/> and
/// <see cref="TryGrow"/> by the consumer, <see cref="Release"/> by any thread.
/// </summary>
/// <param name="initialSize">The size of the window when the stream starts, in bytes (limit StreamWindow).</param>
/// <param name="maxSize">The size up to which it grows (limit MaxStreamWindow).</param>
/// <param name="memory">The account for the received bytes. They are released together with the credit for them.</param>
/// <param name="consumed">Gets the items of complete messages that are consumed or discarded, for the session credit.</param>
internal sealed class ReceiveWindow(int initialSize, int maxSize, MemoryAccount memory, ConsumedItems consumed)
{
    /// <summary>The counts of a released window: so far below zero that no additions make them positive again.</summary>
    private const long ReleasedCount = long.MinValue / 4;

    private readonly int _initialSize = initialSize;

    // Changed atomically: the bytes that were received, and for which no credit was sent. May exceed the window by one message. Near
    // ReleasedCount once the window is released: bytes that arrive then are dropped and not accounted.
    private long _held;

    // Changed atomically: the complete messages that are not consumed. Near ReleasedCount once the window is released.
    private long _unconsumed;

    // Used by the consumer only: bytes that are consumed, but for which no credit has been sent.
    private long _pendingCredit;

    // Only grows, by the consumer, before the peer gets the credit.
    private volatile int _size = initialSize;

    // Set by the reader, reset by the consumer: the peer had to wait for credit since the window last grew.
    private volatile bool _isPeerBlocked;

    /// <summary>
    /// The size of the stream's last message, at most the initial window: the next one is likely to be as large. Used by the reader only.
    /// </summary>
    public int LastMessageSize
    {
        get;
        set => field = Math.Min(value, _initialSize);
    }

    /// <summary>The size, in bytes.</summary>
    public int Size => _size;

    /// <summary>The bytes that the peer may still send; null once the window is released. A hint, for diagnosis.</summary>
    public long? Credit => Volatile.Read(ref _held) is var held && !IsReleased(held) ? _size - held : null;

    /// <summary>A message, or a fragment of one, has arrived.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="startsMessage">
    /// Whether it is the start of a message. Only that needs credit: the rest of a message may exceed the window.
    /// </param>
    /// <exception cref="TunnelProtocolException">The peer started a message without credit.</exception>
    public void OnReceived(int bytes, bool startsMessage)
    {
        if (startsMessage && Volatile.Read(ref _held) >= _size)
        {
            throw new TunnelProtocolException(
                $"Expected no items on a stream whose window of {_size} bytes is used up (limit StreamWindow), got {bytes} bytes.");
        }

        if (!IsReleased(Interlocked.Add(ref _held, bytes)))
        {
            memory.AddReceivedItemBytes(bytes);
        }
    }

    /// <summary>A message has arrived as a whole. From here on the peer gets session credit when it is consumed or discarded.</summary>
    /// <param name="bytes">Its uncompressed size.</param>
    public void OnMessage(int bytes)
    {
        if (IsReleased(Interlocked.Add(ref _unconsumed, bytes)))
        {
            consumed.Add(bytes);
        }
    }

    /// <summary>The peer had to wait for credit.</summary>
    public void OnPeerBlocked() => _isPeerBlocked = true;

    /// <summary>
    /// Whether the stream is to be ended to free memory: the peer exceeds MaxPendingCallBytes, and unconsumed items of this stream have
    /// too large a share.
    /// </summary>
    /// <param name="openCalls">The number of open calls.</param>
    public bool ShouldAbortToFreeMemory(int openCalls) =>
        Volatile.Read(ref _held) is var held && !IsReleased(held) && memory.IsExcessiveShare(held, openCalls);

    /// <summary>The failure of a stream that is ended to free memory.</summary>
    public TunnelException MemoryLimitError() =>
        memory.CreateLimitException("The stream was ended, as more items arrived and the application had not consumed the earlier ones");

    /// <summary>The application consumes no more items: releases the accounted bytes, once. Idempotent and thread-safe.</summary>
    public void Release()
    {
        long held = Interlocked.Exchange(ref _held, ReleasedCount);
        if (!IsReleased(held))
        {
            memory.AddItemBytes(-held);
        }

        long unconsumed = Interlocked.Exchange(ref _unconsumed, ReleasedCount);
        if (!IsReleased(unconsumed))
        {
            consumed.Add(unconsumed);
        }
    }

    /// <summary>
    /// The application has consumed items of this size. Returns the credit to send to the peer now; 0 below an eighth of the window.
    /// </summary>
    public long OnConsumed(int bytes)
    {
        if (!IsReleased(Interlocked.Add(ref _unconsumed, -bytes)))
        {
            consumed.Add(bytes);
        }

        _pendingCredit += bytes;
        return _pendingCredit < Math.Max(_size / 8, 1) ? 0 : TakePendingCredit();
    }

    /// <summary>Returns the credit for all items that the application has consumed, below an eighth of the window, too.</summary>
    public long TakePendingCredit()
    {
        long credit = _pendingCredit;
        _pendingCredit = 0;
        if (credit == 0 || IsReleased(Interlocked.Add(ref _held, -credit)))
        {
            return 0;
        }

        memory.AddItemBytes(-credit);
        return credit;
    }

    /// <summary>
    /// Doubles the window, up to its maximum, if the peer had to wait although the application keeps up: less than a quarter of the window
    /// waits for it. Not while the memory of all sessions is near its limit. Returns the credit to send to the peer; 0 if it does not grow.
    /// </summary>
    public long TryGrow()
    {
        int size = _size;
        if (!_isPeerBlocked || size >= maxSize || Volatile.Read(ref _unconsumed) > size / 4 || memory.IsBudgetNearLimit)
        {
            return 0;
        }

        _isPeerBlocked = false;
        int growth = Math.Min(size, maxSize - size);
        _size = size + growth;
        return growth;
    }

    private static bool IsReleased(long count) => count < ReleasedCount / 2;
}

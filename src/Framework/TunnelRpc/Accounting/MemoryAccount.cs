using System.Diagnostics;

namespace TunnelRpc.Accounting;

// Decision: docs/adr/0024-memory-counted-at-its-owner.md
/// <summary>
/// The memory that one session holds: its send and receive buffers, partially received messages, messages that wait to be sent, and what
/// the peer's calls hold here: arguments, and items that the application has not consumed. Thread-safe, except for the members that only
/// the reader calls.
/// </summary>
/// <remarks>
/// Bytes of one owner are a <see cref="MemoryLease"/>. Owners whose amount changes all the time (send buffer, receive buffer, receive
/// window) add and subtract themselves. <see cref="Close"/> writes off what is not released; after it nothing reaches the budget.
/// </remarks>
/// <param name="maxCallBytes">
/// The limit of arguments, and that of items (MaxPendingCallBytes). The peer keeps within both; only one that does not is refused.
/// </param>
/// <param name="maxMessageSize">The largest message, in bytes. One message may exceed a limit.</param>
/// <param name="budget">The budget of all sessions; null if there is only one session.</param>
/// <param name="partitions">The user and the address that the session counts for; null if there is only one session.</param>
[DebuggerDisplay("{AccountedBytes} bytes, {ArgumentBytes} of them arguments, {ItemBytes} items")]
internal sealed class MemoryAccount(
    long maxCallBytes = 1L << 40, int maxMessageSize = 0, MemoryBudget? budget = null, PartitionSet? partitions = null)
{
    /// <summary>A smaller argument message is not accounted, as the number of calls bounds it: the usual call touches no counter.</summary>
    public const int MinAccountedBytes = 1 << 10;

    /// <summary>A stream below this size is never ended to free memory: the peer may send as much beyond the limit.</summary>
    private const int MinCallShareBytes = 64 << 10;

    /// <summary>The value of a closed account: so far below zero that no additions make it positive again.</summary>
    private const long ClosedMarker = long.MinValue / 2;

    /// <summary>
    /// The partitions are notified when the account crosses a multiple of 2^14 bytes, so that small messages change no shared counter.
    /// </summary>
    private const int PartitionStepBits = 14;

    /// <summary>The reader publishes its count when it reaches this.</summary>
    private const int PublishThresholdBytes = 64 << 10;

    // Changed atomically; near ClosedMarker once the account is closed.
    private long _accountedBytes;

    // Changed atomically. Included in _accountedBytes.
    private long _argumentBytes;

    // Changed atomically. Included in _accountedBytes.
    private long _itemBytes;

    // Written by the reader only: received items that are not in the counters yet.
    private long _unpublishedItemBytes;

    /// <summary>The user and the address that the session counts for; null if there is only one session.</summary>
    public PartitionSet? Partitions => partitions;

    /// <summary>Whether the memory of all sessions of the server is near its limit; false if there is only one session.</summary>
    public bool IsBudgetNearLimit => budget is { IsNearLimit: true };

    /// <summary>The accounted bytes. Received items are missing until the reader publishes them.</summary>
    public long AccountedBytes => Math.Max(0, Volatile.Read(ref _accountedBytes));

    /// <summary>The arguments of the peer's calls.</summary>
    public long ArgumentBytes => Volatile.Read(ref _argumentBytes);

    /// <summary>The items that the application has not consumed. May be slightly stale.</summary>
    public long ItemBytes => Math.Max(0, Volatile.Read(ref _itemBytes) + Volatile.Read(ref _unpublishedItemBytes));

    /// <summary>What the peer's calls hold here: arguments and items. May be slightly stale.</summary>
    public long AccountedCallBytes => ArgumentBytes + ItemBytes;

    /// <summary>
    /// Whether the items exceed what a correct peer sends, and those of one call have more than half of an equal share of the limit.
    /// </summary>
    /// <param name="bytes">The bytes of that call.</param>
    /// <param name="calls">The number of open calls. Each may have a little of its own beyond the limit.</param>
    public bool IsExcessiveShare(long bytes, int calls) =>
        ItemBytes > (4 * maxCallBytes) + maxMessageSize + ((long)calls * MinCallShareBytes)
        && bytes > Math.Max(MinCallShareBytes, maxCallBytes / 2 / Math.Max(1, calls));

    /// <summary>The size at which a message of arguments is counted.</summary>
    public static int CountedSize(int bytes) => bytes < MinAccountedBytes ? 0 : bytes;

    /// <summary>Adds bytes that are neither arguments nor items; a negative number releases them.</summary>
    public void Add(long bytes)
    {
        long now = Interlocked.Add(ref _accountedBytes, bytes);
        if (now > ClosedMarker / 2)
        {
            budget?.Add(bytes);

            // The steps of all additions add up to those of the sum, in whatever order they arrive.
            long steps = (now >> PartitionStepBits) - ((now - bytes) >> PartitionStepBits);
            if (steps != 0)
            {
                partitions?.AddBytes(steps << PartitionStepBits);
            }
        }
    }

    /// <summary>Adds items; a negative number releases them.</summary>
    public void AddItemBytes(long bytes)
    {
        Interlocked.Add(ref _itemBytes, bytes);
        Add(bytes);
    }

    /// <summary>Adds received items. Reader only; <see cref="PublishReceivedItemBytes"/> makes them visible to the budget.</summary>
    public void AddReceivedItemBytes(int bytes)
    {
        Volatile.Write(ref _unpublishedItemBytes, _unpublishedItemBytes + bytes);
        if (_unpublishedItemBytes >= PublishThresholdBytes)
        {
            PublishReceivedItemBytes();
        }
    }

    /// <summary>Adds what the reader has counted to the counters that all threads see. Reader only.</summary>
    public void PublishReceivedItemBytes()
    {
        if (_unpublishedItemBytes != 0)
        {
            long received = _unpublishedItemBytes;
            Volatile.Write(ref _unpublishedItemBytes, 0);
            AddItemBytes(received);
        }
    }

    /// <summary>Releases arguments.</summary>
    public void ReleaseArguments(int bytes)
    {
        Interlocked.Add(ref _argumentBytes, -bytes);
        Add(-bytes);
    }

    /// <summary>Accounts bytes that are neither arguments nor items.</summary>
    public MemoryLease Lease(int bytes)
    {
        Add(bytes);
        return new MemoryLease(this, bytes, isForArguments: false);
    }

    // Decision: docs/adr/0063-charge-what-is-held.md
    /// <summary>
    /// Accounts the message of a call that has arrived; an empty lease where it is too small to be accounted. What the decoded arguments do
    /// not hold is released when they are decoded (<see cref="MemoryLease.Reduce"/>).
    /// </summary>
    public MemoryLease LeaseArguments(int bytes)
    {
        if (bytes < MinAccountedBytes)
        {
            return default;
        }

        Interlocked.Add(ref _argumentBytes, bytes);
        Add(bytes);
        return new MemoryLease(this, bytes, isForArguments: true);
    }

    /// <summary>The failure of a call whose peer does not keep within the limit.</summary>
    public TunnelException CreateLimitException(string what) => new(
        TunnelStatus.ResourceExhausted,
        $"{what}: the calls of this session hold {ArgumentBytes} bytes of arguments and {ItemBytes} bytes of stream items, "
        + $"of at most {maxCallBytes} of either (limit MaxPendingCallBytes).");

    /// <summary>
    /// Closes the account when the session has ended and nothing of it runs. Writes off what is not released. Idempotent.
    /// </summary>
    public void Close()
    {
        PublishReceivedItemBytes();
        long remaining = Interlocked.Exchange(ref _accountedBytes, ClosedMarker);
        if (remaining > ClosedMarker / 2 && remaining != 0)
        {
            budget?.WriteOff(remaining);
            partitions?.AddBytes(-(remaining >> PartitionStepBits << PartitionStepBits));
        }
    }
}

using System.Diagnostics;

namespace TunnelRpc.Accounting;

// Decision: docs/adr/0024-memory-counted-at-its-owner.md
/// <summary>
/// The memory that one session holds: its send and receive buffers, partially received messages, and call bytes (arguments, items that the
/// application has not consumed, messages that wait to be sent). Thread-safe, except for the members that only the reader calls.
/// </summary>
/// <remarks>
/// Bytes of one owner are a <see cref="MemoryLease"/>. Owners whose amount changes all the time (send buffer, receive buffer, receive
/// window) add and subtract themselves. <see cref="Close"/> writes off what is not released; after it nothing reaches the budget.
/// </remarks>
/// <param name="maxCallBytes">The limit of call bytes (MaxPendingCallBytes).</param>
/// <param name="budget">The budget of all sessions; null if there is only one session.</param>
[DebuggerDisplay("{AccountedBytes} bytes, {AccountedCallBytes} of them for calls")]
internal sealed class MemoryAccount(long maxCallBytes = long.MaxValue, MemoryBudget? budget = null)
{
    /// <summary>A smaller argument message is not accounted, as the number of calls bounds it: the usual call touches no counter.</summary>
    private const int MinAccountedBytes = 1 << 10;

    /// <summary>A stream below this size is never ended to free memory.</summary>
    private const int MinCallShareBytes = 16 << 10;

    /// <summary>The value of a closed account: so far below zero that no additions make it positive again.</summary>
    private const long ClosedMarker = long.MinValue / 2;

    /// <summary>The reader publishes its count when it reaches this.</summary>
    private const int PublishThresholdBytes = 64 << 10;

    // Changed atomically; near ClosedMarker once the account is closed.
    private long _accountedBytes;

    // Changed atomically: the call bytes. Included in _accountedBytes.
    private long _callBytes;

    // Written by the reader only: received call bytes that are not in the two counters yet.
    private long _unpublishedCallBytes;

    /// <summary>The accounted bytes. Received call bytes are missing until the reader publishes them.</summary>
    public long AccountedBytes => Math.Max(0, Volatile.Read(ref _accountedBytes));

    /// <summary>The accounted call bytes. May be slightly stale.</summary>
    public long AccountedCallBytes => Math.Max(0, Volatile.Read(ref _callBytes) + Volatile.Read(ref _unpublishedCallBytes));

    /// <summary>Whether the call bytes exceed their limit.</summary>
    public bool IsOverCallLimit => AccountedCallBytes > maxCallBytes;

    /// <summary>
    /// Whether the call bytes exceed their limit, and one call has more than half of an equal share of the limit (and at least 16 KiB).
    /// </summary>
    /// <param name="bytes">The bytes of that call.</param>
    /// <param name="calls">The number of open calls.</param>
    public bool IsExcessiveShare(long bytes, int calls) =>
        IsOverCallLimit && bytes > Math.Max(MinCallShareBytes, maxCallBytes / 2 / Math.Max(1, calls));

    /// <summary>
    /// Whether the limit leaves capacity for a message. Always true while no call bytes are accounted, so that a message above the limit
    /// passes alone.
    /// </summary>
    public bool HasCallCapacity(int bytes) => AccountedCallBytes is var accounted && (accounted == 0 || accounted + bytes <= maxCallBytes);

    /// <summary>Adds bytes that are not call bytes; a negative number releases them.</summary>
    public void Add(long bytes)
    {
        if (Interlocked.Add(ref _accountedBytes, bytes) > ClosedMarker / 2)
        {
            budget?.Add(bytes);
        }
    }

    /// <summary>Adds call bytes; a negative number releases them.</summary>
    public void AddCallBytes(long bytes)
    {
        Interlocked.Add(ref _callBytes, bytes);
        Add(bytes);
    }

    /// <summary>Adds received call bytes. Reader only; <see cref="PublishReceivedCallBytes"/> makes them visible to the budget.</summary>
    public void AddReceivedCallBytes(int bytes)
    {
        Volatile.Write(ref _unpublishedCallBytes, _unpublishedCallBytes + bytes);
        if (_unpublishedCallBytes >= PublishThresholdBytes)
        {
            PublishReceivedCallBytes();
        }
    }

    /// <summary>Adds what the reader has counted to the counters that all threads see. Reader only.</summary>
    public void PublishReceivedCallBytes()
    {
        if (_unpublishedCallBytes != 0)
        {
            long received = _unpublishedCallBytes;
            Volatile.Write(ref _unpublishedCallBytes, 0);
            AddCallBytes(received);
        }
    }

    /// <summary>Accounts bytes that are not call bytes.</summary>
    public MemoryLease Lease(int bytes)
    {
        Add(bytes);
        return new MemoryLease(this, bytes, isForCall: false);
    }

    /// <summary>
    /// Accounts the message of a call that has arrived; an empty lease where it is too small to be accounted. Reader only.
    /// </summary>
    public MemoryLease LeaseReceivedCall(int bytes)
    {
        if (bytes < MinAccountedBytes)
        {
            return default;
        }

        AddReceivedCallBytes(bytes);
        return new MemoryLease(this, bytes, isForCall: true);
    }

    /// <summary>
    /// Reserves call bytes for a message that waits to be sent. False, with an empty lease, if the limit leaves no capacity.
    /// </summary>
    public bool TryReserveCallBytes(int bytes, out MemoryLease lease)
    {
        if (!HasCallCapacity(bytes))
        {
            lease = default;
            return false;
        }

        AddCallBytes(bytes);
        lease = new MemoryLease(this, bytes, isForCall: true);
        return true;
    }

    /// <summary>Reserves call bytes for a message that waits to be sent.</summary>
    /// <param name="bytes">Its size in memory.</param>
    /// <param name="subject">What waits, as the start of the error text.</param>
    /// <exception cref="TunnelException">The limit leaves no capacity (ResourceExhausted).</exception>
    public MemoryLease ReserveCallBytes(int bytes, string subject) =>
        TryReserveCallBytes(bytes, out MemoryLease lease)
            ? lease
            : throw CreateLimitException($"{subject} would have to wait and was not sent");

    /// <summary>The failure of a call that exceeds the limit of call bytes.</summary>
    public TunnelException CreateLimitException(string what) => new(
        TunnelStatus.ResourceExhausted,
        $"{what}: {AccountedCallBytes} bytes of arguments, stream items and waiting messages are accounted to the calls of this session, "
        + $"of at most {maxCallBytes} (limit MaxPendingCallBytes).");

    /// <summary>
    /// Closes the account when the session has ended and nothing of it runs. Writes off what is not released. Idempotent.
    /// </summary>
    public void Close()
    {
        PublishReceivedCallBytes();
        long remaining = Interlocked.Exchange(ref _accountedBytes, ClosedMarker);
        if (remaining > ClosedMarker / 2 && remaining != 0)
        {
            budget?.WriteOff(remaining);
        }
    }
}

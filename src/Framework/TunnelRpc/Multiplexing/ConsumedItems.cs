namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0052-message-quotas.md
/// <summary>
/// The items of all streams of a session that the application has consumed, or that were discarded, and for which the peer has not got
/// session credit: it is sent in batches. Thread-safe.
/// </summary>
/// <param name="limit">The limit MaxPendingCallBytes of this side.</param>
/// <param name="sendCredit">Sends session credit of so many bytes. Called on any thread.</param>
internal sealed class ConsumedItems(long limit, Action<long> sendCredit)
{
    private readonly long _batchSize = Math.Max(1, limit / 8);

    // Changed atomically.
    private long _bytes;

    /// <summary>Items of this size have been consumed or discarded.</summary>
    public void Add(long bytes)
    {
        if (bytes > 0 && Interlocked.Add(ref _bytes, bytes) >= _batchSize && Interlocked.Exchange(ref _bytes, 0) is var credit and > 0)
        {
            sendCredit(credit);
        }
    }
}

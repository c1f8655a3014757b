using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0041-release-of-references.md
/// <summary>
/// The references of the peer that this side holds: their number, and the release of those that the application no longer uses. The peer
/// refuses to pass more than its limit MaxReferences, and garbage of this side counts there until it is collected. So this class collects
/// garbage when a quarter of the limit is held, and calls wait for that when half of it is. Thread-safe.
/// </summary>
/// <param name="peer">The peer.</param>
/// <param name="limit">
/// The limit MaxReferences of this side: the one of the peer is not known here, and is usually the same.
/// </param>
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The source has no timer and is not linked: it has nothing to release.")]
internal sealed class ImportedReferences(TunnelPeer peer, int limit) : IThreadPoolWorkItem
{
    /// <summary>
    /// How often garbage is collected again when many references were in use: by calls that have ended since, for example. The delay starts
    /// at <see cref="FirstRetryDelay"/> and doubles up to <see cref="MaxRetryDelay"/>: 15 s in total.
    /// </summary>
    private const int MaxRetries = 10;

    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(5);

    /// <summary>The longest time for which a call waits for the collection of garbage.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    // The number of held references at which garbage is collected, if fewer are in use.
    private readonly int _baseThreshold = Math.Max(limit / 4, 16);
    private readonly Lock _gate = new();

    // Ids whose release is not sent yet, and whether the work item that sends them is queued (1) or not (0). The queue is created on
    // demand, without a lock: most sessions pass no references.
    private ConcurrentQueue<long>? _dropped;
    private int _isQueued;

    // Changed atomically.
    private int _count;

    // Written under _gate, read without: the number of held references at which garbage is collected next.
    private volatile int _threshold = Math.Max(limit / 4, 16);

    // Guarded by _gate: completes when the collection that runs has ended; null when none runs.
    private TaskCompletionSource? _collection;

    // Guarded by _gate: the retries since the last collection that found fewer references in use than the base threshold.
    private int _retryCount;

    // Set once, under _gate; read without it.
    private volatile bool _isClosed;

    // Guarded by _gate. Created on demand: most sessions collect nothing. Never disposed: it has no timer.
    private CancellationTokenSource? _closedSource;

    /// <summary>The number of references that are held, including those whose release is not sent yet.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Cancelled when the session has ended.</summary>
    public CancellationToken Closed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed ? new CancellationToken(canceled: true) : (_closedSource ??= new CancellationTokenSource()).Token;
            }
        }
    }

    /// <summary>Whether so many references are held that calls which may receive more should wait for the collection of garbage.</summary>
    public bool IsUnderPressure => Volatile.Read(ref _count) >= limit / 2 && CurrentCollection is not null;

    private Task? CurrentCollection
    {
        get
        {
            lock (_gate)
            {
                return _collection?.Task;
            }
        }
    }

    /// <summary>Adds a reference that was received.</summary>
    public ImportedReference Add(long id)
    {
        if (Interlocked.Increment(ref _count) >= _threshold)
        {
            Collect();
        }

        return new ImportedReference(peer, id);
    }

    /// <summary>
    /// Waits for the collection of garbage that runs, if so many references are held that the peer may refuse to pass more.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask WaitForCollectionAsync(CancellationToken cancellationToken)
    {
        if (IsUnderPressure && CurrentCollection is { } collection)
        {
            await collection.WaitAsync(MaxWait, peer.Options.TimeProvider, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A reference was released, and the REFERENCE frame was sent.</summary>
    public void OnReleased()
    {
        if (Interlocked.Decrement(ref _count) < _baseThreshold / 2 && _threshold != _baseThreshold)
        {
            _threshold = _baseThreshold;
        }
    }

    /// <summary>Queues the release of a reference. Takes no lock and runs no other code, so a finalizer may call it.</summary>
    public void ReleaseLater(long id)
    {
        if (_isClosed)
        {
            return;
        }

        ConcurrentQueue<long>? dropped = Volatile.Read(ref _dropped);
        if (dropped is null)
        {
            var created = new ConcurrentQueue<long>();
            dropped = Interlocked.CompareExchange(ref _dropped, created, null) ?? created;
        }

        dropped.Enqueue(id);
        if (Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>The peer has refused a call, possibly because this side holds too many references: collects garbage.</summary>
    public void CollectAfterRefusal()
    {
        if (Count > 0)
        {
            Collect();
        }
    }

    /// <summary>The session has ended: nothing is released any more.</summary>
    public void Close()
    {
        CancellationTokenSource? closed;
        lock (_gate)
        {
            _isClosed = true;
            closed = _closedSource;
        }

        closed?.Cancel();
        Volatile.Read(ref _dropped)?.Clear();
    }

    /// <summary>Collects garbage in the background, one run at a time.</summary>
    private void Collect()
    {
        lock (_gate)
        {
            if (_collection is not null || _isClosed)
            {
                return;
            }

            _collection = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        peer.RunInBackground(CollectAsync);
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Before the queue is emptied: a reference that is dropped after it has been found empty queues the work item again.
        Interlocked.Exchange(ref _isQueued, 0);
        SendDropped();
    }

    /// <summary>
    /// Collects generation after generation until less than half of the threshold is held. What is then still held is in use: the next
    /// collection waits until half of the rest of the limit is held, too, or for the delay of a retry.
    /// </summary>
    private async Task CollectAsync()
    {
        for (int generation = 0; generation <= GC.MaxGeneration && Count >= _threshold / 2; generation++)
        {
            if (!await ForcedCollection.TryRunAsync(generation, Closed).ConfigureAwait(false))
            {
                break;
            }

            SendDropped();
        }

        TaskCompletionSource collection;
        TimeSpan? retryDelay = null;
        lock (_gate)
        {
            int count = Count;
            if (count < _baseThreshold)
            {
                _retryCount = 0;
            }
            else if (_retryCount < MaxRetries)
            {
                TimeSpan delay = FirstRetryDelay * (1 << _retryCount++);
                retryDelay = delay < MaxRetryDelay ? delay : MaxRetryDelay;
            }

            _threshold = Math.Max(_baseThreshold, count + Math.Max((limit - count) / 2, 16));
            collection = _collection!;
            _collection = null;
        }

        collection.SetResult();
        if (retryDelay is { } wait)
        {
            // The task is not awaited: it never fails, and the end of the session cancels its delay.
            _ = CollectLaterAsync(wait);
        }
    }

    private async Task CollectLaterAsync(TimeSpan delay)
    {
        await Task.Delay(delay, peer.Options.TimeProvider, Closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Count >= _baseThreshold)
        {
            Collect();
        }
    }

    private void SendDropped()
    {
        while (Volatile.Read(ref _dropped) is { } dropped && dropped.TryDequeue(out long id))
        {
            peer.Multiplexer.WriteControl((ulong)id, FrameType.Reference, [(byte)ReferenceChange.Release]);
            OnReleased();
        }
    }
}

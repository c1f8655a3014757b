using System.Collections.Concurrent;
using System.Diagnostics;

namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0065-items-are-produced-when-they-may-be-sent.md
/// <summary>
/// What the application has produced for the streams of one session and could not be sent yet. A stream holds at most one large item. Above
/// a limit, streams with large items wait before they produce the next one. So that the size of the first items becomes known before all
/// streams have produced one, a bounded number of streams starts at a time. Thread-safe.
/// </summary>
/// <param name="limitBytes">The held bytes from which on streams with large items wait before they produce.</param>
/// <param name="timeProvider">The clock.</param>
[DebuggerDisplay("{HeldBytes} bytes, {_starting + _pending} streams start, {_waiters.Count} wait")]
internal sealed class ItemProduction(long limitBytes, TimeProvider timeProvider) : IDisposable
{
    /// <summary>The streams that produce and encode their first item at a time. They use processors, so more would not be faster.</summary>
    private const int MaxStarting = 16;

    /// <summary>
    /// The streams that produce their first item at a time or await it from the application. After a period in which none of them got its
    /// item, those that await it do not count.
    /// </summary>
    private const int MaxStartingOrPending = 128;

    /// <summary>The period after which streams whose first item has not come are taken to wait for events of the application.</summary>
    private static readonly TimeSpan StartPeriod = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();

    // Guarded by _gate: streams that wait to start. Not empty only while as many as may have started, and the timer runs.
    private readonly Queue<TaskCompletionSource> _waiters = new();

    // Guarded by _gate: the streams that have started and whose first item is neither pending nor of a known size; and those of the current
    // period whose first item is pending.
    private int _starting;
    private int _pending;
    private int _period;
    private bool _hasProduced;
    private bool _isDisposed;
    private ITimer? _timer;

    // Changed atomically.
    private long _heldBytes;

    // Created with the first large item: the size of the last large item of each kind of stream, by its formatter.
    private ConcurrentDictionary<object, int>? _sizes;

    /// <summary>The bytes of the large items that were produced and wait.</summary>
    public long HeldBytes => Volatile.Read(ref _heldBytes);

    /// <summary>Whether streams with large items wait before they produce.</summary>
    public bool IsLimited => HeldBytes >= limitBytes;

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider => timeProvider;

    /// <summary>A large item waits. The caller disposes the result when it waits no longer.</summary>
    public HeldItem Hold(int bytes) => new(this, bytes);

    /// <summary>The size of the last large item of streams with this formatter; 0 if they had none.</summary>
    public int GetSize(object formatter) => _sizes?.GetValueOrDefault(formatter) ?? 0;

    /// <summary>A stream with this formatter had an item of this size.</summary>
    public void SetSize(object formatter, int bytes)
    {
        ConcurrentDictionary<object, int> sizes = _sizes
            ?? Interlocked.CompareExchange(ref _sizes, new ConcurrentDictionary<object, int>(), null)
            ?? _sizes;
        sizes[formatter] = bytes;
    }

    // Called under _gate.
    private bool MayStart => (_starting < MaxStarting && _starting + _pending < MaxStartingOrPending) || _isDisposed;

    /// <summary>
    /// Waits until the stream may produce its first item. The caller then calls <see cref="OnSizeKnown"/>; if the application does not
    /// produce the item at once, it calls <see cref="OnPending"/> and <see cref="OnProduced"/> before.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled. The stream has not started.</exception>
    public ValueTask StartAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        lock (_gate)
        {
            if (MayStart)
            {
                _starting++;
                return default;
            }

            waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Enqueue(waiter);
            if (_waiters.Count == 1)
            {
                _timer ??= timeProvider.CreateTimer(
                    static state => ((ItemProduction)state!).OnPeriodEnded(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timer.Change(StartPeriod, Timeout.InfiniteTimeSpan);
            }
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>
    /// The application does not produce the first item at once. The caller passes the result to <see cref="OnProduced"/>.
    /// </summary>
    public int OnPending()
    {
        lock (_gate)
        {
            _starting--;
            _pending++;
            AdmitWaiters();
            return _period;
        }
    }

    /// <summary>The first item was produced, or the stream has ended.</summary>
    public void OnProduced(int period)
    {
        lock (_gate)
        {
            _starting++;
            _hasProduced = true;
            if (period == _period)
            {
                _pending--;
            }
        }
    }

    /// <summary>The size of the first item is known, or the stream has ended.</summary>
    public void OnSizeKnown()
    {
        lock (_gate)
        {
            _starting--;
            AdmitWaiters();
        }
    }

    /// <summary>The session has ended: streams that wait continue and find that. Idempotent.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _timer?.Dispose();
            AdmitWaiters();
        }
    }

    /// <summary>A large item that the application has produced and still holds.</summary>
    internal readonly struct HeldItem : IDisposable
    {
        private readonly ItemProduction _production;
        private readonly int _bytes;

        public HeldItem(ItemProduction production, int bytes)
        {
            _production = production;
            _bytes = bytes;
            Interlocked.Add(ref production._heldBytes, bytes);
        }

        /// <summary>The item waits no longer. Once.</summary>
        public void Dispose() => Interlocked.Add(ref _production._heldBytes, -_bytes);
    }

    private async ValueTask WaitAsync(TaskCompletionSource waiter, CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (!waiter.TrySetCanceled(CancellationToken.None))
            {
                // It was admitted at the same time.
                OnSizeKnown();
            }

            throw;
        }
    }

    private void OnPeriodEnded()
    {
        lock (_gate)
        {
            if (!_hasProduced)
            {
                _period++;
                _pending = 0;
                AdmitWaiters();
            }

            _hasProduced = false;
            if (_waiters.Count > 0)
            {
                _timer!.Change(StartPeriod, Timeout.InfiniteTimeSpan);
            }
        }
    }

    // Called under _gate. The continuations run elsewhere. Cancelled waiters are only removed.
    private void AdmitWaiters()
    {
        while (MayStart && _waiters.TryDequeue(out TaskCompletionSource? waiter))
        {
            if (waiter.TrySetResult())
            {
                _starting++;
            }
        }
    }
}

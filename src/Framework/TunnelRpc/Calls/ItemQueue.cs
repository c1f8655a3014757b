using System.Diagnostics.CodeAnalysis;
using System.Threading.Tasks.Sources;
using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Scheduling;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// The received elements of one stream: the reader adds them, one consumer takes them. Bounded by the stream's window: credit goes
/// back as the consumer takes elements.
/// </summary>
internal sealed class ItemQueue<TItem>(ITunnelFormatter<TItem> formatter, ReceiveWindow window, Action<long> sendCredit, WorkQueue work, ReferenceScope? references)
    : QueuedValueTaskSource, IAsyncEnumerable<TItem>, IAsyncEnumerator<TItem>, IValueTaskSource<bool>
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private ItemBatch<TItem> _readerBatch = ItemBatch<TItem>.Create(formatter, references);
    private bool _isConsumerWaiting;
    private bool _isCompleted;
    private Exception? _error;

    // The consumer's: what it has taken over.
    private ItemBatch<TItem> _consumerBatch = ItemBatch<TItem>.Create(formatter, references);
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _registration;
    private int _enumerated;

    /// <summary>What the consumer is told of a cancellation; null for just that.</summary>
    public Func<OperationCanceledException, Exception>? TranslateCancellation { get; init; }

    public TItem Current { get; private set; } = default!;

    /// <summary>The memory of its buffers, in bytes; a hint.</summary>
    public int BufferBytes => _readerBatch.BufferBytes + _consumerBatch.BufferBytes;

    /// <summary>Adds the elements of one message. Where one cannot be decoded the consumer finds the stream's end.</summary>
    public void Add(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return;
        }

        DecodedItemBatch<TItem>? decoded = references is null ? null : DecodedItemBatch<TItem>.Decode(body, formatter, references);
        lock (_gate)
        {
            if (!_isCompleted)
            {
                _readerBatch.Add(body, decoded);
                if (_isConsumerWaiting)
                {
                    _isConsumerWaiting = false;
                    CompleteWaitFromReader(work);
                }
            }
        }
    }

    /// <summary>No more elements come. The first end given counts; elements that came before it are still taken.</summary>
    public void Complete(Exception? error)
    {
        lock (_gate)
        {
            if (!_isCompleted)
            {
                _isCompleted = true;
                _error = error;
                if (_isConsumerWaiting)
                {
                    _isConsumerWaiting = false;
                    CompleteWait(work);
                }
            }
        }
    }

    public IAsyncEnumerator<TItem> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _enumerated, 1) != 0)
        {
            throw new InvalidOperationException("A received stream can be enumerated once: its elements are not kept.");
        }

        _cancellationToken = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((ItemQueue<TItem>)state!).Cancel(token), this);
        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        if (_cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromException<bool>(CreateCancellationException(_cancellationToken));
        }

        if (_consumerBatch.IsEmpty)
        {
            lock (_gate)
            {
                if (_readerBatch.IsEmpty)
                {
                    // Nothing is held while nothing is there.
                    _consumerBatch.ClearAndTrim();
                    _readerBatch.ClearAndTrim();
                    if (_isCompleted)
                    {
                        window.Release();
                        return _error is null ? new ValueTask<bool>(false) : ValueTask.FromException<bool>(_error);
                    }

                    _isConsumerWaiting = true;
                    return new ValueTask<bool>(this, ResetAndGetToken());
                }

                SwapBatches();
            }
        }

        return TryTake(out Exception? unreadable) ? new ValueTask<bool>(true) : ValueTask.FromException<bool>(unreadable);
    }

    public ValueTask DisposeAsync()
    {
        _registration.Unregister();
        Complete(null);
        window.Release();
        lock (_gate)
        {
            _readerBatch.ClearAndTrim();
        }

        _consumerBatch.ClearAndDropBuffer();
        return default;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        GetResult(token);
        lock (_gate)
        {
            if (_readerBatch.IsEmpty)
            {
                window.Release();
                return _error is null ? false : throw _error;
            }

            SwapBatches();
        }

        return TryTake(out Exception? unreadable) ? true : throw unreadable;
    }

    private void Cancel(CancellationToken cancellationToken) => Complete(CreateCancellationException(cancellationToken));

    private Exception CreateCancellationException(CancellationToken cancellationToken)
    {
        var cancelled = new OperationCanceledException(cancellationToken);
        return TranslateCancellation?.Invoke(cancelled) ?? cancelled;
    }

    private void SwapBatches()
    {
        _consumerBatch.Clear();
        (_consumerBatch, _readerBatch) = (_readerBatch, _consumerBatch);
    }

    /// <summary>Takes the next element. One that cannot be decoded is the stream's end.</summary>
    private bool TryTake([NotNullWhen(false)] out Exception? unreadable)
    {
        int bytes;
        try
        {
            Current = _consumerBatch.Take(out bytes);
        }
        catch (Exception error)
        {
            // Also what the element's own constructor throws.
            unreadable = new TunnelException(TunnelStatus.InvalidArgument, $"An element of the stream could not be decoded: {error.Message}", error);
            CompleteWithDecodeError(unreadable);
            return false;
        }

        unreadable = null;
        if (bytes > 0)
        {
            OnMessageConsumed(bytes);
        }

        return true;
    }

    /// <summary>Nothing is taken behind an element that cannot be, whatever came.</summary>
    private void CompleteWithDecodeError(Exception error)
    {
        lock (_gate)
        {
            _isCompleted = true;
            _error = error;
            _readerBatch.ClearAndTrim();
        }

        _consumerBatch.ClearAndTrim();
        window.Release();
    }

    /// <summary>All elements of a message are taken.</summary>
    private void OnMessageConsumed(int bytes)
    {
        long credit = window.OnConsumed(bytes);
        if (credit > 0)
        {
            sendCredit(credit);
        }
    }
}

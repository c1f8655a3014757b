using System.Diagnostics.CodeAnalysis;
using System.Threading.Tasks.Sources;
using TunnelRpc.Compatibility;
using TunnelRpc.Multiplexing;
using TunnelRpc.Scheduling;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0032-consumer-decodes-items.md
/// <summary>
/// The received items of one stream. The reader adds them (<see cref="Add"/>); one consumer enumerates them, once. The stream's receive
/// window bounds the queue: the peer gets credit when the consumer has taken all items of a message. <see cref="Complete"/> may be called
/// by any thread. The consumer disposes it.
/// </summary>
/// <param name="formatter">Reads the items.</param>
/// <param name="window">The receive window of the stream.</param>
/// <param name="sendCredit">Sends credit to the peer.</param>
/// <param name="work">Runs the continuation of a consumer that waits.</param>
/// <param name="references">The references of the call; null when items pass no references. Not null: the reader decodes the items.</param>
internal sealed class ItemQueue<TItem>(
    ITunnelFormatter<TItem> formatter, ReceiveWindow window, CreditSender sendCredit, WorkQueue work, CallReferences? references)
    : QueuedValueTaskSource, IAsyncEnumerable<TItem>, IAsyncEnumerator<TItem>, IValueTaskSource<bool>
{
    /// <summary>
    /// The largest buffer that a consumer keeps while it uses its last item: more than a stream of small items fills with default limits.
    /// </summary>
    private const int MaxUsedBufferBytes = 512 << 10;

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private ItemBatch<TItem> _readerBatch = ItemBatch<TItem>.Create(formatter, references);
    private bool _isConsumerWaiting;
    private bool _isCompleted;
    private Exception? _error;

    // Used by the consumer only: the batch that it has taken from the reader, by a swap of the two.
    private ItemBatch<TItem> _consumerBatch = ItemBatch<TItem>.Create(formatter, references);
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _registration;
    private int _enumerated;

    /// <summary>Gives the exception that the consumer gets for a cancellation; null for the cancellation itself.</summary>
    public Func<OperationCanceledException, Exception>? TranslateCancellation { get; init; }

    /// <summary>The call that receives the items, to explain an item that cannot be decoded; null for a call that is served.</summary>
    public (PeerContracts Contracts, TunnelMethod Method)? Call { get; init; }

    /// <inheritdoc/>
    public TItem Current { get; private set; } = default!;

    /// <summary>The size of the buffers, in bytes. A hint: it is read without the lock.</summary>
    public int BufferBytes => _readerBatch.BufferBytes + _consumerBatch.BufferBytes;

    /// <summary>
    /// Adds the items of one message; ignores them after <see cref="Complete"/>. An item that cannot be decoded ends the stream with a
    /// failure.
    /// </summary>
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
            else
            {
                decoded?.Clear();
            }
        }
    }

    /// <summary>
    /// Ends the stream; only the first call has an effect. Items that were added before are still taken.
    /// </summary>
    /// <param name="error">The exception that the consumer gets after the last item; null for a complete stream.</param>
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

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The stream was enumerated before.</exception>
    public IAsyncEnumerator<TItem> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _enumerated, 1) != 0)
        {
            throw new InvalidOperationException("A received stream can be enumerated only once, because its items are not stored.");
        }

        _cancellationToken = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((ItemQueue<TItem>)state!).Cancel(token), this);
        return this;
    }

    /// <inheritdoc/>
    public ValueTask<bool> MoveNextAsync()
    {
        if (_cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromException<bool>(CreateCancellationException(_cancellationToken));
        }

        if (_consumerBatch.IsEmpty)
        {
            SendCreditOfReferences();
            lock (_gate)
            {
                if (_readerBatch.IsEmpty)
                {
                    // An empty queue keeps no large buffer.
                    _consumerBatch.ClearAndTrim();
                    _readerBatch.ClearAndTrim();
                    if (_isCompleted)
                    {
                        window.Release();
                        return _error is null ? new ValueTask<bool>(false) : ValueTask.FromException<bool>(_error);
                    }

                    // The item before may be large, and the wait long.
                    Current = default!;
                    _isConsumerWaiting = true;
                    return new ValueTask<bool>(this, ResetAndGetToken());
                }

                SwapBatches();
            }
        }

        return TryTake(out Exception? unreadable) ? new ValueTask<bool>(true) : ValueTask.FromException<bool>(unreadable);
    }

    /// <inheritdoc/>
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
        Current = default!;
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

    /// <summary>Gives the batch of the reader to the consumer. Called under <see cref="_gate"/>.</summary>
    private void SwapBatches()
    {
        _consumerBatch.Clear();
        (_consumerBatch, _readerBatch) = (_readerBatch, _consumerBatch);
    }

    /// <summary>Takes the next item. False when it cannot be decoded, which ends the stream.</summary>
    private bool TryTake([NotNullWhen(false)] out Exception? unreadable)
    {
        int bytes;
        try
        {
            Current = _consumerBatch.Take(out bytes);
        }
        catch (Exception error)
        {
            // Not only MessagePackException: constructors and setters of the item type may throw any exception.
            unreadable = new TunnelException(
                TunnelStatus.InvalidArgument,
                $"An item of the stream could not be decoded: {DecodeError.Describe(error)} {Call?.Contracts.Describe(Call.Value.Method)}"
                    .TrimEnd(),
                error);
            CompleteWithDecodeError(unreadable);
            return false;
        }

        unreadable = null;
        if (bytes > 0)
        {
            if (_consumerBatch.BufferBytes > MaxUsedBufferBytes && _consumerBatch.IsEmpty)
            {
                // The consumer may use the item for long; its encoded form is not needed any more.
                _consumerBatch.ClearAndTrim();
            }

            OnMessageConsumed(bytes);
        }

        return true;
    }

    /// <summary>Ends the stream with a failure and drops the items after the one that cannot be decoded.</summary>
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

    /// <summary>
    /// The consumer has taken all items that it had: sends the credit of items with references at once. The sender passes only a limited
    /// number of references before it knows that their items were taken.
    /// </summary>
    private void SendCreditOfReferences()
    {
        if (references is { HasImportedItems: true } && window.TakePendingCredit() is > 0 and long credit)
        {
            references.SendCreditForTakenItems(sendCredit, credit);
        }
    }

    /// <summary>The consumer has taken all items of a message.</summary>
    private void OnMessageConsumed(int bytes)
    {
        long credit = window.OnConsumed(bytes);
        if (credit > 0)
        {
            sendCredit(credit);
        }

        if (window.TryGrow() is > 0 and long growth)
        {
            sendCredit(growth, enlargesWindow: true);
        }
    }
}

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
internal sealed class ItemQueue<TItem>(ITunnelFormatter<TItem> formatter, ReceiveWindow window, Action<long> giveCredit, WorkQueue work, ReferenceScope? references)
    : WorkSignal, IAsyncEnumerable<TItem>, IAsyncEnumerator<TItem>, IValueTaskSource<bool>
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private ItemBatch<TItem> _incoming = ItemBatch<TItem>.Create(formatter, references);
    private bool _waiting;
    private bool _completed;
    private Exception? _error;

    // The consumer's: what it has taken over.
    private ItemBatch<TItem> _taken = ItemBatch<TItem>.Create(formatter, references);
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _registration;
    private int _enumerated;

    /// <summary>What the consumer is told of a cancellation; null for just that.</summary>
    public Func<OperationCanceledException, Exception>? Explain { get; init; }

    public TItem Current { get; private set; } = default!;

    /// <summary>The memory of its buffers, in bytes; a hint.</summary>
    public int Held => _incoming.Held + _taken.Held;

    /// <summary>Adds the elements of one message. Where one cannot be decoded the consumer finds the stream's end.</summary>
    public void Add(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return;
        }

        DecodedItemBatch<TItem>? decoded = references is null ? null : DecodedItemBatch<TItem>.Of(body, formatter, references);
        lock (_gate)
        {
            if (!_completed)
            {
                _incoming.Add(body, decoded);
                if (_waiting)
                {
                    _waiting = false;
                    EndByReader(work);
                }
            }
        }
    }

    /// <summary>No more elements come. The first end given counts; elements that came before it are still taken.</summary>
    public void Complete(Exception? error)
    {
        lock (_gate)
        {
            if (!_completed)
            {
                _completed = true;
                _error = error;
                if (_waiting)
                {
                    _waiting = false;
                    End(work);
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
            return ValueTask.FromException<bool>(Cancelled(_cancellationToken));
        }

        if (_taken.IsEmpty)
        {
            lock (_gate)
            {
                if (_incoming.IsEmpty)
                {
                    // Nothing is held while nothing is there.
                    _taken.Release();
                    _incoming.Release();
                    if (_completed)
                    {
                        window.Release();
                        return _error is null ? new ValueTask<bool>(false) : ValueTask.FromException<bool>(_error);
                    }

                    _waiting = true;
                    return new ValueTask<bool>(this, Begin());
                }

                Swap();
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
            _incoming.Release();
        }

        _taken.Abandon();
        return default;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        GetResult(token);
        lock (_gate)
        {
            if (_incoming.IsEmpty)
            {
                window.Release();
                return _error is null ? false : throw _error;
            }

            Swap();
        }

        return TryTake(out Exception? unreadable) ? true : throw unreadable;
    }

    private void Cancel(CancellationToken cancellationToken) => Complete(Cancelled(cancellationToken));

    private Exception Cancelled(CancellationToken cancellationToken)
    {
        var cancelled = new OperationCanceledException(cancellationToken);
        return Explain?.Invoke(cancelled) ?? cancelled;
    }

    private void Swap()
    {
        _taken.Clear();
        (_taken, _incoming) = (_incoming, _taken);
    }

    /// <summary>Takes the next element. One that cannot be decoded is the stream's end.</summary>
    private bool TryTake([NotNullWhen(false)] out Exception? unreadable)
    {
        int bytes;
        try
        {
            Current = _taken.Take(out bytes);
        }
        catch (Exception error)
        {
            // Also what the element's own constructor throws.
            unreadable = new TunnelException(TunnelStatus.InvalidArgument, $"An element of the stream could not be decoded: {error.Message}", error);
            EndUnreadable(unreadable);
            return false;
        }

        unreadable = null;
        if (bytes > 0)
        {
            Settle(bytes);
        }

        return true;
    }

    /// <summary>Nothing is taken behind an element that cannot be, whatever came.</summary>
    private void EndUnreadable(Exception error)
    {
        lock (_gate)
        {
            _completed = true;
            _error = error;
            _incoming.Release();
        }

        _taken.Release();
        window.Release();
    }

    /// <summary>All elements of a message are taken.</summary>
    private void Settle(int bytes)
    {
        long credit = window.OnConsumed(bytes);
        if (credit > 0)
        {
            giveCredit(credit);
        }
    }
}

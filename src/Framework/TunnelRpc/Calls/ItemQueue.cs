using System.Threading.Tasks.Sources;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// The received elements of one stream: the reader decodes and adds them, one consumer takes them. Bounded by the stream's
/// window: credit goes back as the consumer takes elements.
/// </summary>
internal sealed class ItemQueue<TItem>(ITunnelFormatter<TItem> formatter, ReceiveWindow window, Action<long> giveCredit, ReferenceScope? references)
    : IAsyncEnumerable<TItem>, IAsyncEnumerator<TItem>, IValueTaskSource<bool>
{
    private readonly Lock _gate = new();

    // The reader's: what one frame brought, before it is handed over.
    private List<(TItem Item, int Bytes)> _staged = [];

    // Guarded by _gate.
    private List<(TItem Item, int Bytes)> _incoming = [];
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private bool _waiting;
    private bool _completed;
    private Exception? _error;

    // The consumer's.
    private List<(TItem Item, int Bytes)> _taken = [];
    private int _next;
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _registration;
    private int _enumerated;

    /// <summary>What the consumer is told of a cancellation; null for just that.</summary>
    public Func<OperationCanceledException, Exception>? Explain { get; init; }

    public TItem Current { get; private set; } = default!;

    /// <summary>Adds the elements of one message. Elements that cannot be decoded end the stream here, and nothing else.</summary>
    public void Add(ReadOnlySpan<byte> body)
    {
        Exception? unreadable = null;
        try
        {
            var reader = new MessagePackReader(body) { References = references };
            while (!reader.End)
            {
                int before = reader.Position;
                TItem item = formatter.Read(ref reader);
                _staged.Add((item, reader.Position - before));
            }
        }
        catch (Exception error)
        {
            // Also what the elements' own constructors throw.
            unreadable = new TunnelException(TunnelStatus.InvalidArgument, $"An element of the stream could not be decoded: {error.Message}", error);
        }

        lock (_gate)
        {
            if (!_completed)
            {
                if (_incoming.Count == 0)
                {
                    (_incoming, _staged) = (_staged, _incoming);
                }
                else
                {
                    _incoming.AddRange(_staged);
                }

                Wake();
            }
        }

        _staged.Clear();
        if (unreadable is not null)
        {
            Complete(unreadable);
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
                Wake();
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

        if (_next == _taken.Count)
        {
            lock (_gate)
            {
                if (_incoming.Count == 0)
                {
                    if (_completed)
                    {
                        window.Release();
                        return _error is null ? new ValueTask<bool>(false) : ValueTask.FromException<bool>(_error);
                    }

                    _source.Reset();
                    _waiting = true;
                    return new ValueTask<bool>(this, _source.Version);
                }

                Swap();
            }
        }

        Advance();
        return new ValueTask<bool>(true);
    }

    public ValueTask DisposeAsync()
    {
        _registration.Unregister();
        Complete(null);
        window.Release();
        lock (_gate)
        {
            _incoming.Clear();
        }

        _taken.Clear();
        _next = 0;
        return default;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _source.GetResult(token);
        lock (_gate)
        {
            if (_incoming.Count == 0)
            {
                window.Release();
                return _error is null ? false : throw _error;
            }

            Swap();
        }

        Advance();
        return true;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken cancellationToken) => Complete(Cancelled(cancellationToken));

    private Exception Cancelled(CancellationToken cancellationToken)
    {
        var cancelled = new OperationCanceledException(cancellationToken);
        return Explain?.Invoke(cancelled) ?? cancelled;
    }

    private void Wake()
    {
        if (_waiting)
        {
            _waiting = false;
            _source.SetResult(true);
        }
    }

    private void Swap()
    {
        _taken.Clear();
        _next = 0;
        (_taken, _incoming) = (_incoming, _taken);
    }

    private void Advance()
    {
        (Current, int bytes) = _taken[_next];
        _taken[_next++] = default;
        long credit = window.OnConsumed(bytes);
        if (credit > 0)
        {
            giveCredit(credit);
        }
    }
}

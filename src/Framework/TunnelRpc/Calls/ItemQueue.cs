using System.Threading.Tasks.Sources;
using TunnelRpc.Multiplexing;
using TunnelRpc.Scheduling;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// The received elements of one stream: the reader decodes and adds them, one consumer takes them. Bounded by the stream's
/// window: credit goes back as the consumer takes elements.
/// </summary>
internal sealed class ItemQueue<TItem>(ITunnelFormatter<TItem> formatter, ReceiveWindow window, Action<long> giveCredit, WorkQueue work, ReferenceScope? references)
    : WorkSignal, IAsyncEnumerable<TItem>, IAsyncEnumerator<TItem>, IValueTaskSource<bool>
{
    private readonly Lock _gate = new();

    // The reader's: what one frame brought, before it is handed over.
    private List<TItem> _staged = [];

    // Guarded by _gate.
    private List<TItem> _incoming = [];
    private List<(int End, int Bytes)> _incomingMessages = [];
    private bool _waiting;
    private bool _completed;
    private Exception? _error;

    // The consumer's: what it has taken over, and in which messages that came; how far it has come in both, and where the message ends.
    private List<TItem> _taken = [];
    private List<(int End, int Bytes)> _takenMessages = [];
    private int _next;
    private int _message;
    private int _messageEnd;
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
        var reader = new MessagePackReader(body) { References = references };
        try
        {
            while (!reader.End)
            {
                _staged.Add(formatter.Read(ref reader));
            }
        }
        catch (Exception error)
        {
            // Also what the elements' own constructors throw.
            unreadable = new TunnelException(TunnelStatus.InvalidArgument, $"An element of the stream could not be decoded: {error.Message}", error);
        }

        lock (_gate)
        {
            if (!_completed && _staged.Count > 0)
            {
                if (_incoming.Count == 0)
                {
                    (_incoming, _staged) = (_staged, _incoming);
                }
                else
                {
                    _incoming.AddRange(_staged);
                }

                _incomingMessages.Add((_incoming.Count, body.Length));
                if (_waiting)
                {
                    _waiting = false;
                    EndByReader(work);
                }
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

                    _waiting = true;
                    return new ValueTask<bool>(this, Begin());
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
            _incomingMessages.Clear();
        }

        _taken.Clear();
        _next = 0;
        return default;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        GetResult(token);
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

    private void Cancel(CancellationToken cancellationToken) => Complete(Cancelled(cancellationToken));

    private Exception Cancelled(CancellationToken cancellationToken)
    {
        var cancelled = new OperationCanceledException(cancellationToken);
        return Explain?.Invoke(cancelled) ?? cancelled;
    }

    private void Swap()
    {
        _taken.Clear();
        _takenMessages.Clear();
        (_taken, _incoming) = (_incoming, _taken);
        (_takenMessages, _incomingMessages) = (_incomingMessages, _takenMessages);
        _next = 0;
        _message = 0;
        _messageEnd = _takenMessages[0].End;
    }

    private void Advance()
    {
        Current = _taken[_next];
        _taken[_next++] = default!;
        if (_next == _messageEnd)
        {
            Settle();
        }
    }

    /// <summary>All elements of a message are taken. Large ones come in a message each; of small ones none is worth counting alone.</summary>
    private void Settle()
    {
        long credit = window.OnConsumed(_takenMessages[_message++].Bytes);
        _messageEnd = _message < _takenMessages.Count ? _takenMessages[_message].End : _taken.Count;
        if (credit > 0)
        {
            giveCredit(credit);
        }
    }
}

using System.Threading.Tasks.Sources;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// The credit that the peer has given for one stream. A message may start while there is any, and takes all its bytes: so a
/// message larger than the window passes, and the receiver holds at most the window and one message. One sender.
/// </summary>
internal sealed class SendWindow(long initial) : IValueTaskSource
{
    /// <summary>No honest receiver gives more than its largest window: past this the sum is an attack or a defect.</summary>
    private const long MaxCredit = 1L << 40;

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private long _credit = initial;
    private bool _waiting;
    private bool _closed;

    public long Credit => Volatile.Read(ref _credit);

    public void Take(int bytes) => Interlocked.Add(ref _credit, -bytes);

    /// <summary>Waits until there is credit or the stream is closed; then sending finds out.</summary>
    public ValueTask WaitAsync()
    {
        lock (_gate)
        {
            if (_credit > 0 || _closed)
            {
                return default;
            }

            _source.Reset();
            _waiting = true;
            return new ValueTask(this, _source.Version);
        }
    }

    /// <exception cref="TunnelProtocolException">The credit is zero or past all bounds.</exception>
    public void Add(ulong bytes)
    {
        if (bytes is 0 or > MaxCredit)
        {
            throw new TunnelProtocolException($"Expected CREDIT of 1 to {MaxCredit} bytes, got {bytes}.");
        }

        lock (_gate)
        {
            if (Interlocked.Add(ref _credit, (long)bytes) > MaxCredit)
            {
                throw new TunnelProtocolException($"Expected CREDIT that adds up to at most {MaxCredit} bytes, got {bytes} more than that allows.");
            }

            if (_waiting && _credit > 0)
            {
                _waiting = false;
                _source.SetResult(true);
            }
        }
    }

    /// <summary>Lets a waiting sender go: nothing will be sent any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            if (_waiting)
            {
                _waiting = false;
                _source.SetResult(false);
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}

using TunnelRpc.Scheduling;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// The credit that the peer has given for one stream. A message may start while there is any, and takes all its bytes: so a
/// message larger than the window passes, and the receiver holds at most the window and one message. One sender.
/// </summary>
/// <param name="initial">What the peer gives at the stream's start.</param>
/// <param name="work">Where the sender goes on that has waited.</param>
internal sealed class SendWindow(long initial, WorkQueue work) : WorkSignal
{
    /// <summary>No honest receiver gives more than its largest window: past this the sum is an attack or a defect.</summary>
    private const long MaxCredit = 1L << 40;

    private readonly Lock _gate = new();

    // Guarded by _gate.
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

            _waiting = true;
            return new ValueTask(this, Begin());
        }
    }

    /// <summary>The peer gives more; by the reader.</summary>
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
                EndByReader(work);
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
                End(work);
            }
        }
    }
}

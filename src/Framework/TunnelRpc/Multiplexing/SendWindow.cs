using TunnelRpc.Scheduling;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// The credit that the peer has given for one stream. A message may start while there is any, and takes all its bytes: so a
/// message larger than the window passes, and the receiver holds at most the window and one message. One sender.
/// </summary>
/// <param name="initialCredit">What the peer gives at the stream's start.</param>
/// <param name="work">Where the sender goes on that has waited.</param>
internal sealed class SendWindow(long initialCredit, WorkQueue work) : QueuedValueTaskSource
{
    /// <summary>No honest receiver gives more than its largest window: past this the sum is an attack or a defect.</summary>
    private const long MaxCredit = 1L << 40;

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private long _credit = initialCredit;
    private bool _isWaiting;
    private bool _isClosed;

    public long Credit => Volatile.Read(ref _credit);

    public void Consume(int bytes) => Interlocked.Add(ref _credit, -bytes);

    /// <summary>Waits until there is credit or the stream is closed; then sending finds out.</summary>
    public ValueTask WaitForCreditAsync()
    {
        lock (_gate)
        {
            if (_credit > 0 || _isClosed)
            {
                return default;
            }

            _isWaiting = true;
            return new ValueTask(this, ResetAndGetToken());
        }
    }

    /// <summary>The peer gives more; by the reader.</summary>
    /// <exception cref="TunnelProtocolException">The credit is zero or past all bounds.</exception>
    public void AddCredit(ulong bytes)
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

            if (_isWaiting && _credit > 0)
            {
                _isWaiting = false;
                CompleteWaitFromReader(work);
            }
        }
    }

    /// <summary>Lets a waiting sender go: nothing will be sent any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_isWaiting)
            {
                _isWaiting = false;
                CompleteWait(work);
            }
        }
    }
}

namespace TunnelRpc.Transports.Legs.Client;

// Decision: docs/adr/0110-legs-follow-the-session.md
/// <summary>
/// The maximum size of the next block. The server receives a block as a whole, so a block that takes seconds is a path without any byte for
/// the session, which would treat it as dead. The size doubles while blocks of that size take at most <see cref="FastTime"/>, and halves
/// when one takes more than <see cref="SlowTime"/>. Thread-safe.
/// </summary>
internal sealed class BlockSize
{
    /// <summary>The first size, and the largest one after an intermediary did not accept a larger block.</summary>
    public const int StartBytes = 128 * 1024;

    /// <summary>The smallest size.</summary>
    public const int MinBytes = 16 * 1024;

    /// <summary>A block that took at most this time may be followed by one of twice its size.</summary>
    public static readonly TimeSpan FastTime = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// A block that took more than this time, and more than twice the time of the fastest block, is followed by smaller ones. On a path
    /// with a long round trip smaller blocks would not be faster.
    /// </summary>
    public static readonly TimeSpan SlowTime = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();

    // Guarded by _gate: the current size and the largest one, and the time of the fastest block.
    private int _bytes = StartBytes;
    private int _largestBytes = LegProtocol.MaxBlockBytes;
    private TimeSpan _fastest = TimeSpan.MaxValue;

    /// <summary>The current size.</summary>
    public int Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Whether the path has turned out to be fast enough for the largest blocks.</summary>
    public bool IsLargest
    {
        get
        {
            lock (_gate)
            {
                return _bytes == _largestBytes;
            }
        }
    }

    /// <summary>A block was acknowledged.</summary>
    public void OnAcknowledged(int bytes, TimeSpan elapsed)
    {
        lock (_gate)
        {
            _fastest = elapsed < _fastest ? elapsed : _fastest;
            if (elapsed <= FastTime)
            {
                // A smaller block says nothing about the time of a larger one.
                _bytes = bytes >= _bytes ? Math.Min(2 * _bytes, _largestBytes) : _bytes;
            }
            else if (elapsed > SlowTime && elapsed > 2 * _fastest)
            {
                // Half of that block, and not of the current size: other blocks that were sent at the same time are as slow.
                _bytes = Math.Min(_bytes, Math.Max(bytes / 2, MinBytes));
            }
        }
    }

    /// <summary>An intermediary did not accept a block of more than <see cref="StartBytes"/>: from now on there are none.</summary>
    public void OnRefused()
    {
        lock (_gate)
        {
            _largestBytes = StartBytes;
            _bytes = Math.Min(_bytes, StartBytes);
        }
    }
}

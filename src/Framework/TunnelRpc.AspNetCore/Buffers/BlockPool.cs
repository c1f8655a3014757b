using System.Buffers;

namespace TunnelRpc.AspNetCore.Buffers;

/// <summary>
/// Blocks of one size for a server's connections. What is given back is rented next, while it is in the caches; what nobody needed for
/// <see cref="Interval"/> is the garbage collector's. Safe for concurrent use. A block is its renter's until it is disposed.
/// </summary>
internal sealed class BlockPool(int blockSize, TimeProvider clock) : MemoryPool<byte>
{
    /// <summary>How long blocks are kept that nobody needs, at least.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    // Guarded by _gate. The free ones, and how many of them nobody has needed since the last look.
    private readonly Stack<PooledBlock> _free = new();
    private int _unneeded;
    private long _lookedAt = clock.GetTimestamp();
    private bool _isDisposed;

    /// <inheritdoc/>
    public override int MaxBufferSize => blockSize;

    /// <summary>How many blocks are kept.</summary>
    public int Free
    {
        get
        {
            lock (_gate)
            {
                return _free.Count;
            }
        }
    }

    /// <summary>Rents a whole block, whatever is asked for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More is asked for than a block has.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, blockSize);
        PooledBlock? block;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _free.TryPop(out block);
            _unneeded = Math.Min(_unneeded, _free.Count);
        }

        block ??= new PooledBlock(this, blockSize);
        block.BeginUse();
        return block;
    }

    public void Return(PooledBlock block)
    {
        long now = clock.GetTimestamp();
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _free.Push(block);
            if (clock.GetElapsedTime(_lookedAt, now) >= Interval)
            {
                while (_unneeded-- > 0)
                {
                    _free.Pop();
                }

                _unneeded = _free.Count;
                _lookedAt = now;
            }
        }
    }

    /// <summary>Blocks that are still in use stay their renters'.</summary>
    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _isDisposed = true;
            _free.Clear();
        }
    }
}

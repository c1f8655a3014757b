using System.Buffers;

namespace TunnelRpc.AspNetCore.Buffers;

/// <summary>
/// Blocks of one size for a server's connections. What is given back is rented next, while it is in the caches; what nobody needed for
/// <see cref="Interval"/> is the garbage collector's. Safe for concurrent use. A block is its renter's until it is disposed.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>How long blocks are kept that nobody needs, at least; at most twice as long.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly int _blockSize;
    private readonly ITimer _timer;

    // Guarded by _gate. The free ones, those given back last at the end; and how many of them nobody has needed since the last look.
    private readonly List<PooledBlock> _free = [];
    private int _unneeded;
    private bool _isDisposed;

    public BlockPool(int blockSize, TimeProvider clock)
    {
        _blockSize = blockSize;
        _timer = clock.CreateTimer(static pool => ((BlockPool)pool!).LetGo(), this, Interval, Interval);
    }

    /// <inheritdoc/>
    public override int MaxBufferSize => _blockSize;

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
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, _blockSize);
        PooledBlock? block = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_free.Count > 0)
            {
                block = _free[^1];
                _free.RemoveAt(_free.Count - 1);
            }

            _unneeded = Math.Min(_unneeded, _free.Count);
        }

        block ??= new PooledBlock(this, _blockSize);
        block.BeginUse();
        return block;
    }

    public void Return(PooledBlock block)
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _free.Add(block);
            }
        }
    }

    /// <summary>Blocks that are still in use stay their renters'.</summary>
    protected override void Dispose(bool disposing)
    {
        _timer.Dispose();
        lock (_gate)
        {
            _isDisposed = true;
            _free.Clear();
        }
    }

    private void LetGo()
    {
        lock (_gate)
        {
            // Those that were used longest ago.
            _free.RemoveRange(0, Math.Min(_unneeded, _free.Count));
            _unneeded = _free.Count;
        }
    }
}

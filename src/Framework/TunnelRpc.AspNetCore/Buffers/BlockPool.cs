using System.Buffers;

namespace TunnelRpc.AspNetCore.Buffers;

/// <summary>
/// Blocks of one size for a server's connections. What is given back is rented next, while it is in the caches; what nobody needed for
/// <see cref="TrimInterval"/> is the garbage collector's. Safe for concurrent use. A block is its renter's until it is disposed.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>How long blocks are kept that nobody needs, at least; at most twice as long.</summary>
    public static readonly TimeSpan TrimInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly int _blockSize;
    private readonly ITimer _timer;

    // Guarded by _gate. The free ones, those given back last at the end; and how many of them nobody has needed since the last look.
    private readonly List<PooledBlock> _freeBlocks = [];
    private int _unusedCount;
    private bool _isDisposed;

    public BlockPool(int blockSize, TimeProvider timeProvider)
    {
        _blockSize = blockSize;
        _timer = timeProvider.CreateTimer(static pool => ((BlockPool)pool!).Trim(), this, TrimInterval, TrimInterval);
    }

    /// <inheritdoc/>
    public override int MaxBufferSize => _blockSize;

    /// <summary>How many blocks are kept.</summary>
    public int FreeCount
    {
        get
        {
            lock (_gate)
            {
                return _freeBlocks.Count;
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
            if (_freeBlocks.Count > 0)
            {
                block = _freeBlocks[^1];
                _freeBlocks.RemoveAt(_freeBlocks.Count - 1);
            }

            _unusedCount = Math.Min(_unusedCount, _freeBlocks.Count);
        }

        block ??= new PooledBlock(this, _blockSize);
        block.OnRented();
        return block;
    }

    public void Return(PooledBlock block)
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _freeBlocks.Add(block);
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
            _freeBlocks.Clear();
        }
    }

    private void Trim()
    {
        lock (_gate)
        {
            // Those that were used longest ago.
            _freeBlocks.RemoveRange(0, Math.Min(_unusedCount, _freeBlocks.Count));
            _unusedCount = _freeBlocks.Count;
        }
    }
}

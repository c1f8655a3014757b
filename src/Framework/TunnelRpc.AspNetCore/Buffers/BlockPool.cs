using System.Buffers;

namespace TunnelRpc.AspNetCore.Buffers;

// Decision: docs/adr/0033-kestrel-block-size.md
/// <summary>
/// Blocks of one size for a server's connections. The block returned last is rented next, while it is in the CPU caches. Blocks that were
/// not needed for <see cref="TrimInterval"/> are left to the garbage collector. Thread-safe.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>The time after which the pool drops blocks that were not needed. A block is dropped after one to two intervals.</summary>
    public static readonly TimeSpan TrimInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly int _blockSize;
    private readonly ITimer _timer;

    // Guarded by _gate. The free blocks, the one returned last at the end; and the smallest number of free blocks since the last trim.
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

    /// <summary>The number of free blocks.</summary>
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

    /// <summary>Rents a whole block, whatever size is requested.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The requested size is larger than a block.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
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

    /// <summary>Takes back a rented block. Called by the block when it is disposed.</summary>
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

    /// <summary>Drops the free blocks. Rented blocks remain valid until their renters dispose them.</summary>
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
            // The blocks at the start were returned the longest ago.
            _freeBlocks.RemoveRange(0, Math.Min(_unusedCount, _freeBlocks.Count));
            _unusedCount = _freeBlocks.Count;
        }
    }
}

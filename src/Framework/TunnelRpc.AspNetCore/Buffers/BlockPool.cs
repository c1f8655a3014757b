using System.Buffers;
using System.Collections.Concurrent;

namespace TunnelRpc.AspNetCore.Buffers;

/// <summary>
/// Blocks of one size for the server's connections. What is given back is kept for the next one, up to <see cref="KeptBytes"/>; the rest is the garbage collector's.
/// Safe for concurrent use. A block is its renter's until it is disposed, once.
/// </summary>
internal sealed class BlockPool(int blockSize) : MemoryPool<byte>
{
    /// <summary>How many bytes of blocks that nobody uses are kept.</summary>
    public const int KeptBytes = 16 * 1024 * 1024;

    private readonly ConcurrentQueue<PooledBlock> _free = new();
    private readonly int _kept = Math.Max(1, KeptBytes / blockSize);
    private volatile bool _isDisposed;

    /// <inheritdoc/>
    public override int MaxBufferSize => blockSize;

    /// <summary>Rents a whole block.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More is asked for than a block has.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, blockSize);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        PooledBlock block = _free.TryDequeue(out PooledBlock? free) ? free : new PooledBlock(this, blockSize);
        block.BeginUse();
        return block;
    }

    public void Return(PooledBlock block)
    {
        // How many are free is read without a lock: a few more may be kept, none is lost.
        if (!_isDisposed && _free.Count < _kept)
        {
            _free.Enqueue(block);
        }
    }

    /// <summary>Blocks that are still in use stay their renters'.</summary>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        _free.Clear();
    }
}

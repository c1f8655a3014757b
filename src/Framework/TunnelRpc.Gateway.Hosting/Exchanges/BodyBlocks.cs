using System.Buffers;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>
/// The blocks of response bodies. A full block is one piece of a body, and as an item of the call it fits one frame (16 KiB with its
/// encoding), so that it needs no fragments. The arrays come from the shared pool. Thread-safe.
/// </summary>
internal sealed class BodyBlocks : MemoryPool<byte>
{
    /// <summary>The size of a block in bytes.</summary>
    public const int BlockSize = (16 << 10) - 64;

    public static readonly BodyBlocks Instance = new();

    private BodyBlocks()
    {
    }

    public override int MaxBufferSize => BlockSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        return new Block(ArrayPool<byte>.Shared.Rent(BlockSize));
    }

    protected override void Dispose(bool disposing)
    {
        // The one instance lives as long as the process.
    }

    private sealed class Block(byte[] array) : IMemoryOwner<byte>
    {
        private byte[]? _array = array;

        public Memory<byte> Memory => new(_array ?? throw new ObjectDisposedException(nameof(Block)), 0, BlockSize);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _array, null) is { } rented)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}

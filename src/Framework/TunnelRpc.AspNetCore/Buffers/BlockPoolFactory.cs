using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace TunnelRpc.AspNetCore.Buffers;

/// <summary>Gives a server's transports their pools, of blocks of <paramref name="blockSize"/> bytes.</summary>
internal sealed class BlockPoolFactory(int blockSize, TimeProvider timeProvider) : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool(blockSize, timeProvider);
}

using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace TunnelRpc.AspNetCore.Buffers;

/// <summary>Creates the memory pools of Kestrel's transports. Their blocks have <paramref name="blockSize"/> bytes.</summary>
internal sealed class BlockPoolFactory(int blockSize, TimeProvider timeProvider) : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool(blockSize, timeProvider);
}

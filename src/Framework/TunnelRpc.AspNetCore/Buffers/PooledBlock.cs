using System.Buffers;
using System.Runtime.InteropServices;

namespace TunnelRpc.AspNetCore.Buffers;

/// <summary>A block of a <see cref="BlockPool"/>. The renter owns it until it disposes it.</summary>
internal sealed class PooledBlock(BlockPool pool, int size) : IMemoryOwner<byte>
{
    // Allocated pinned, since sockets pin the memory of each read.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(size, pinned: true);

    // Exchanged atomically: 1 while the block is rented. A second Dispose must not return the block again, or two renters would get it.
    private int _isInUse;

    public Memory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isInUse) == 0, this);
            return MemoryMarshal.CreateFromPinnedArray(_bytes, 0, _bytes.Length);
        }
    }

    /// <summary>Called by the pool when it rents the block.</summary>
    public void OnRented() => Volatile.Write(ref _isInUse, 1);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isInUse, 0) == 1)
        {
            pool.Return(this);
        }
    }
}

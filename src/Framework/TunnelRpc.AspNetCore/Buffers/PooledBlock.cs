using System.Buffers;
using System.Runtime.InteropServices;

namespace TunnelRpc.AspNetCore.Buffers;

/// <summary>A block of a <see cref="BlockPool"/>.</summary>
internal sealed class PooledBlock(BlockPool pool, int size) : IMemoryOwner<byte>
{
    // Pinned, as sockets ask for it with each read.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(size, pinned: true);

    // 1 while somebody has it: a second Dispose must not give it to two.
    private int _isInUse;

    public Memory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isInUse) == 0, this);
            return MemoryMarshal.CreateFromPinnedArray(_bytes, 0, _bytes.Length);
        }
    }

    public void OnRented() => Volatile.Write(ref _isInUse, 1);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isInUse, 0) == 1)
        {
            pool.Return(this);
        }
    }
}

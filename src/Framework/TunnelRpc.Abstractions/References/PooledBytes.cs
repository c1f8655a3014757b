using System.Buffers;

namespace TunnelRpc.References;

/// <summary>A chunk of a byte stream, in an array of the shared pool. The last owner returns it exactly once.</summary>
/// <param name="Array">The array.</param>
/// <param name="Length">The number of bytes in use, from the start of the array.</param>
internal readonly record struct PooledBytes(byte[] Array, int Length)
{
    /// <summary>The largest chunk, in bytes. A chunk of this size with its header fits into one frame.</summary>
    public const int ChunkSize = 16_000;

    /// <summary>Copies the bytes to an array of the pool.</summary>
    public static PooledBytes Copy(ReadOnlySpan<byte> bytes)
    {
        byte[] array = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(array);
        return new PooledBytes(array, bytes.Length);
    }

    /// <summary>Returns the array to the pool. Has no effect on the default value and on an empty array.</summary>
    public void Return()
    {
        if (Array is { Length: > 0 })
        {
            ArrayPool<byte>.Shared.Return(Array);
        }
    }
}

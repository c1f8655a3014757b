using System.Buffers;

namespace TunnelRpc.References;

/// <summary>A chunk of a byte stream, in an array of the pool. Whoever has it last gives it back, once.</summary>
internal readonly record struct PooledBytes(byte[] Array, int Length)
{
    /// <summary>With its head it fills a frame.</summary>
    public const int ChunkSize = 16_000;

    public static PooledBytes Copy(ReadOnlySpan<byte> bytes)
    {
        byte[] array = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(array);
        return new PooledBytes(array, bytes.Length);
    }

    public void Return()
    {
        if (Array is { Length: > 0 })
        {
            ArrayPool<byte>.Shared.Return(Array);
        }
    }
}

using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>Operations on connections that tests share.</summary>
internal static class ConnectionOperations
{
    public static ValueTask WriteAsync(this ITransportConnection connection, string text, CancellationToken cancellationToken)
        => connection.WriteAsync(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text)), cancellationToken);

    /// <summary>Reads exactly <paramref name="length"/> bytes as text.</summary>
    public static async Task<string> ReadTextAsync(this ITransportConnection connection, int length, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[length];
        int filled = 0;
        while (filled < length)
        {
            int read = await connection.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            read.ShouldBeGreaterThan(0, $"the connection ended after {filled} of {length} bytes");
            filled += read;
        }

        return Encoding.UTF8.GetString(buffer);
    }

    /// <summary>Writes pseudo-random bytes of a seed, in blocks.</summary>
    public static async Task WriteRandomAsync(this ITransportConnection connection, int seed, int total, CancellationToken cancellationToken)
    {
        byte[] block = RandomBlock(seed);
        for (int written = 0; written < total;)
        {
            int length = Math.Min(block.Length, total - written);
            await connection.WriteAsync(new ReadOnlySequence<byte>(block, 0, length), cancellationToken);
            written += length;
        }
    }

    /// <summary>Reads the bytes of <see cref="WriteRandomAsync"/> and compares the checksums.</summary>
    public static async Task ReadRandomAsync(this ITransportConnection connection, int seed, int total, CancellationToken cancellationToken)
    {
        using IncrementalHash expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using IncrementalHash actual = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = RandomBlock(seed);
        for (int hashed = 0; hashed < total; hashed += block.Length)
        {
            expected.AppendData(block, 0, Math.Min(block.Length, total - hashed));
        }

        byte[] buffer = new byte[32 * 1024];
        for (int read = 0; read < total;)
        {
            int count = await connection.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, total - read)), cancellationToken);
            count.ShouldBeGreaterThan(0, $"the connection ended after {read} of {total} bytes");
            actual.AppendData(buffer, 0, count);
            read += count;
        }

        actual.GetHashAndReset().ShouldBe(expected.GetHashAndReset());
    }

    /// <summary>Writes until a write fails: as with any socket, the writer may see the peer's end some writes later.</summary>
    public static async Task WriteUntilItFailsAsync(this ITransportConnection connection, CancellationToken cancellationToken)
    {
        byte[] block = RandomBlock(0);
        while (true)
        {
            await connection.WriteAsync(new ReadOnlySequence<byte>(block), cancellationToken);
            await Task.Yield();
        }
    }

    /// <summary>Reads until the connection ends, by the end of the bytes or by an exception.</summary>
    public static async Task ReadToEndAsync(this ITransportConnection connection, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await connection.ReadAsync(buffer, cancellationToken) > 0)
            {
            }
        }
        catch (TransportException)
        {
            // The connection may also end by an exception.
        }
    }

    /// <summary>Creates a sequence with one segment per length, whose bytes count up.</summary>
    public static ReadOnlySequence<byte> CountingSegments(params int[] lengths)
    {
        Segment? first = null;
        Segment? last = null;
        byte next = 0;
        foreach (int length in lengths)
        {
            byte[] bytes = new byte[length];
            for (int index = 0; index < length; index++)
            {
                bytes[index] = next++;
            }

            last = last is null ? first = new Segment(bytes, 0) : last.Append(bytes);
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private static byte[] RandomBlock(int seed)
    {
        byte[] block = new byte[(96 * 1024) + 7];
        new Random(seed).NextBytes(block);
        return block;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, long index)
        {
            Memory = bytes;
            RunningIndex = index;
        }

        public Segment Append(byte[] bytes)
        {
            Segment next = new(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}

using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>What tests do with connections.</summary>
internal static class ConnectionOperations
{
    public static ValueTask WriteAsync(this ITransportConnection connection, string text, CancellationToken cancellationToken)
        => connection.WriteAsync(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text)), cancellationToken);

    /// <summary>Reads exactly that many bytes as text.</summary>
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

    /// <summary>Writes bytes made from a seed, in blocks.</summary>
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

    /// <summary>Reads what <see cref="WriteRandomAsync"/> wrote; the checksums must agree.</summary>
    public static async Task ReadRandomAsync(this ITransportConnection connection, int seed, int total, CancellationToken cancellationToken)
    {
        using IncrementalHash expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using IncrementalHash actual = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = RandomBlock(seed);
        for (int made = 0; made < total; made += block.Length)
        {
            expected.AppendData(block, 0, Math.Min(block.Length, total - made));
        }

        byte[] buffer = new byte[32 * 1024];
        for (int read = 0; read < total;)
        {
            int got = await connection.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, total - read)), cancellationToken);
            got.ShouldBeGreaterThan(0, $"the connection ended after {read} of {total} bytes");
            actual.AppendData(buffer, 0, got);
            read += got;
        }

        actual.GetHashAndReset().ShouldBe(expected.GetHashAndReset());
    }

    /// <summary>Writes on and on: a peer's end may reach the writer some writes later, as with any socket.</summary>
    public static async Task WriteUntilItFailsAsync(this ITransportConnection connection, CancellationToken cancellationToken)
    {
        byte[] block = RandomBlock(0);
        while (true)
        {
            await connection.WriteAsync(new ReadOnlySequence<byte>(block), cancellationToken);
            await Task.Yield();
        }
    }

    /// <summary>Reads until the connection ends, in whichever of the allowed ways.</summary>
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
            // The other allowed way.
        }
    }

    /// <summary>A sequence of one segment for each of the lengths, its bytes counting up.</summary>
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

namespace TunnelRpc.Gateway.Tests.Apps;

/// <summary>A stream of bytes that depend on their position, so that lost, repeated and swapped pieces are noticed.</summary>
internal sealed class PatternStream(long length) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public static void Fill(Span<byte> buffer, long position)
    {
        for (int i = 0; i < buffer.Length; i++)
        {
            buffer[i] = ByteAt(position + i);
        }
    }

    /// <summary>Reads a stream to its end, and returns its length.</summary>
    public static async Task<long> CheckAsync(Stream stream)
    {
        byte[] buffer = new byte[64 << 10];
        long position = 0;
        int count;
        while ((count = await stream.ReadAsync(buffer)) > 0)
        {
            for (int i = 0; i < count; i++, position++)
            {
                if (buffer[i] != ByteAt(position))
                {
                    throw new InvalidOperationException($"Expected {ByteAt(position)} at {position}, got {buffer[i]}.");
                }
            }
        }

        return position;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, length - _position);
        Fill(buffer[..count], _position);
        _position += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static byte ByteAt(long position) => (byte)(position ^ (position >> 8) ^ (position >> 16) * 31);
}

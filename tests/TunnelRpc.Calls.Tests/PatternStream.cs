using System.Security.Cryptography;

namespace TunnelRpc.Calls.Tests;

/// <summary>A readable stream of <paramref name="length"/> bytes that are computed from their offsets. Signals its disposal.</summary>
internal sealed class PatternStream(long length) : Stream
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _position;

    public Task Disposed => _disposed.Task;

    /// <summary>The number of bytes that were read.</summary>
    public long BytesRead => Volatile.Read(ref _position);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => _position; set => throw new InvalidOperationException(); }

    public static async Task<string> HashAsync(long length) => Convert.ToHexString(await SHA256.HashDataAsync(new PatternStream(length)));

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = (int)Math.Min(count, length - _position);
        for (int i = 0; i < read; i++)
        {
            long at = _position + i;
            buffer[offset + i] = (byte)(at ^ (at >> 8) ^ (at >> 16));
        }

        Volatile.Write(ref _position, _position + read);
        return read;
    }

    public override void Flush() => throw new InvalidOperationException();

    public override long Seek(long offset, SeekOrigin origin) => throw new InvalidOperationException();

    public override void SetLength(long value) => throw new InvalidOperationException();

    public override void Write(byte[] buffer, int offset, int count) => throw new InvalidOperationException();

    protected override void Dispose(bool disposing)
    {
        _disposed.TrySetResult();
        base.Dispose(disposing);
    }
}

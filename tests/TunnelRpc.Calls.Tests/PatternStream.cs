using System.Security.Cryptography;

namespace TunnelRpc.Calls.Tests;

/// <summary>So many bytes that are told from one another, none of which is held. Says when it was disposed.</summary>
internal sealed class PatternStream(long length) : Stream
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _position;

    public Task Disposed => _disposed.Task;

    /// <summary>How far it was read.</summary>
    public long BytesRead => Volatile.Read(ref _position);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => _position; set => throw new InvalidOperationException(); }

    public static async Task<string> HashAsync(long length) => Convert.ToHexString(await SHA256.HashDataAsync(new PatternStream(length)));

    public override int Read(byte[] buffer, int offset, int count)
    {
        int taken = (int)Math.Min(count, length - _position);
        for (int i = 0; i < taken; i++)
        {
            long at = _position + i;
            buffer[offset + i] = (byte)(at ^ (at >> 8) ^ (at >> 16));
        }

        Volatile.Write(ref _position, _position + taken);
        return taken;
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

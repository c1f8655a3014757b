namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>
/// The body of a request as it arrives behind a proxy that collects small writes: the first bytes pass at once, because the proxy flushes
/// them with the head of the request. Later ones arrive when there are 32 KiB, or at the end. Reads only, one at a time.
/// </summary>
internal sealed class CollectingStream(Stream inner, int firstBytes) : Stream
{
    private const int FlushBytes = 32 * 1024;

    private readonly MemoryStream _collected = new();
    private int _passedBytes;
    private bool _isEnded;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_passedBytes < firstBytes)
        {
            int first = await inner.ReadAsync(buffer[..Math.Min(buffer.Length, firstBytes - _passedBytes)], cancellationToken);
            _passedBytes += first;
            return first;
        }

        if (_collected.Position == _collected.Length && !_isEnded)
        {
            await CollectAsync(cancellationToken);
        }

        return await _collected.ReadAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    private async ValueTask CollectAsync(CancellationToken cancellationToken)
    {
        _collected.SetLength(0);
        byte[] piece = new byte[FlushBytes];
        while (_collected.Length < FlushBytes && !_isEnded)
        {
            int read = await inner.ReadAsync(piece, cancellationToken);
            _collected.Write(piece, 0, read);
            _isEnded = read == 0;
        }

        _collected.Position = 0;
    }
}

using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>
/// A connection as the <see cref="Stream"/> that <see cref="System.Net.Security.SslStream"/> needs. Writes are buffered until a flush, up
/// to <see cref="MaxBufferedBytes"/>, because TLS writes each record separately and some transports send one request per write. One
/// reader and one writer may run concurrently. Disposal does not dispose the connection.
/// </summary>
internal sealed class ConnectionStream(ITransportConnection connection) : Stream
{
    private const int MaxBufferedBytes = 64 * 1024;

    // Used by the writer only, as is _bufferedBytes. Rented while it has unflushed bytes, so that an idle session uses no buffer memory.
    private byte[] _writeBuffer = [];
    private int _bufferedBytes;

    // 1 while a write or a flush runs. Changed with Interlocked: detects a write that TLS starts from within a read, concurrently with the
    // writer's.
    private int _isWriting;

    /// <summary>Whether a read has returned the end of the peer's bytes.</summary>
    public bool IsEndOfStream { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // SslStream uses a zero-byte read to wait for data and then reads again. Connections do not support zero-byte reads.
        if (buffer.IsEmpty)
        {
            return 0;
        }

        int count = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        IsEndOfStream |= count == 0;
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        AcquireWriter();
        try
        {
            if (_bufferedBytes + buffer.Length > MaxBufferedBytes)
            {
                await FlushBufferAsync(cancellationToken).ConfigureAwait(false);
            }

            if (buffer.Length > MaxBufferedBytes)
            {
                await connection.WriteAsync(new ReadOnlySequence<byte>(buffer), cancellationToken).ConfigureAwait(false);
                return;
            }

            EnsureCapacity(buffer.Length);
            buffer.CopyTo(_writeBuffer.AsMemory(_bufferedBytes));
            _bufferedBytes += buffer.Length;
        }
        finally
        {
            Volatile.Write(ref _isWriting, 0);
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        AcquireWriter();
        try
        {
            await FlushBufferAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isWriting, 0);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async ValueTask FlushBufferAsync(CancellationToken cancellationToken)
    {
        if (_bufferedBytes == 0)
        {
            return;
        }

        byte[] buffer = _writeBuffer;
        try
        {
            await connection.WriteAsync(new ReadOnlySequence<byte>(buffer, 0, _bufferedBytes), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writeBuffer = [];
            _bufferedBytes = 0;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void EnsureCapacity(int more)
    {
        if (_writeBuffer.Length - _bufferedBytes >= more)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(_bufferedBytes == 0 ? more : MaxBufferedBytes);
        _writeBuffer.AsSpan(0, _bufferedBytes).CopyTo(larger);
        if (_writeBuffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_writeBuffer);
        }

        _writeBuffer = larger;
    }

    private void AcquireWriter()
    {
        if (Interlocked.Exchange(ref _isWriting, 1) != 0)
        {
            throw new IOException("TLS started a write while another write was in progress: the connection is unusable.");
        }
    }
}

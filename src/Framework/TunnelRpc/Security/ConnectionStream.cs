using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Security;

/// <summary>
/// A connection as TLS wants it. What is written gathers until it is flushed, at most <see cref="GatherBytes"/>: TLS writes each of its
/// records by itself, and some transports make a request of each write. One reader and one writer at once. Disposal leaves the
/// connection to its owner.
/// </summary>
internal sealed class ConnectionStream(ITransportConnection connection) : Stream
{
    private const int GatherBytes = 64 * 1024;

    // The writer's. Rented while something waits in it, so that an idle session holds nothing.
    private byte[] _gathered = [];
    private int _length;

    // Set by Interlocked while a write or a flush runs: TLS must not answer a read with a write beside another.
    private int _writing;

    /// <summary>Whether the peer has finished.</summary>
    public bool Ended { get; private set; }

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
        // TLS asks with an empty buffer whether there is something, and then asks again; connections cannot say.
        if (buffer.IsEmpty)
        {
            return 0;
        }

        int count = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Ended |= count == 0;
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        EnterWriting();
        try
        {
            if (_length + buffer.Length > GatherBytes)
            {
                await SendAsync(cancellationToken).ConfigureAwait(false);
            }

            if (buffer.Length > GatherBytes)
            {
                await connection.WriteAsync(new ReadOnlySequence<byte>(buffer), cancellationToken).ConfigureAwait(false);
                return;
            }

            Reserve(buffer.Length);
            buffer.CopyTo(_gathered.AsMemory(_length));
            _length += buffer.Length;
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        EnterWriting();
        try
        {
            await SendAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
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

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        if (_length == 0)
        {
            return;
        }

        byte[] sent = _gathered;
        try
        {
            await connection.WriteAsync(new ReadOnlySequence<byte>(sent, 0, _length), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gathered = [];
            _length = 0;
            ArrayPool<byte>.Shared.Return(sent);
        }
    }

    private void Reserve(int more)
    {
        if (_gathered.Length - _length >= more)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(_length == 0 ? more : GatherBytes);
        _gathered.AsSpan(0, _length).CopyTo(larger);
        if (_gathered.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_gathered);
        }

        _gathered = larger;
    }

    private void EnterWriting()
    {
        if (Interlocked.Exchange(ref _writing, 1) != 0)
        {
            throw new IOException("TLS wrote beside another write: the connection cannot go on.");
        }
    }
}

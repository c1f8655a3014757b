using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Accounting;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Sessions;

/// <summary>
/// The receive buffer of one connection. The handshake passes it to the session, because it may hold bytes after the last handshake record.
/// One reader at a time; the owner disposes it when no read is pending.
/// </summary>
internal sealed class ReceiveBuffer(ITransportConnection connection, TimeProvider? timeProvider = null) : IDisposable
{
    /// <summary>Large enough for any control record. The most that a session keeps while it receives little.</summary>
    private const int SmallBufferSize = 8 << 10;

    private const int LargeBufferSize = 64 << 10;

    /// <summary>
    /// The size before the first read. Enough for the records of a usual handshake: when thousands of clients connect at the same time,
    /// each waits with such a buffer.
    /// </summary>
    private const int HandshakeBufferSize = 1 << 10;

    /// <summary>
    /// The connection is idle if two reads are further apart than this. Waiting without a buffer costs a second read, which is negligible
    /// at that rate. The delay of a lone ACK is longer than this, so that an occasional call leaves no buffer allocated.
    /// </summary>
    private static readonly TimeSpan IdleThreshold = TimeSpan.FromMilliseconds(10);

    private TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(HandshakeBufferSize);
    private int _start;
    private int _end;
    private MemoryAccount? _memory;
    private bool _isIdle;

    /// <summary>How long the last handshake record was awaited: about one round trip of the path.</summary>
    public TimeSpan RoundTripTime { get; private set; }

    /// <summary>When the last read returned, as a timestamp.</summary>
    public long LastReadTimestamp { get; private set; }

    /// <summary>The bytes received and not consumed.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The buffer belongs to a session from now on. A large buffer is accounted to the session; a small one is not.</summary>
    public void AccountTo(MemoryAccount memory, TimeProvider timeProvider)
    {
        _memory = memory;
        _timeProvider = timeProvider;
        LastReadTimestamp = timeProvider.GetTimestamp();

        // Many sessions are opened and then unused for a long time.
        _isIdle = true;
        Account(_buffer, 1);
    }

    /// <summary>Removes bytes from the start of <see cref="Buffered"/>.</summary>
    public void Consume(int count) => _start += count;

    /// <summary>Reads more bytes and appends them to <see cref="Buffered"/>. False at the end of the connection.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadMoreAsync(CancellationToken cancellationToken)
    {
        if (_isIdle && _start == _end && connection is IZeroByteReadConnection { SupportsZeroByteReads: true })
        {
            Release();
            _start = _end = 0;
            await connection.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            _buffer = ArrayPool<byte>.Shared.Rent(SmallBufferSize);
        }

        EnsureCapacity();
        int count = await connection.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += count;
        long now = _timeProvider.GetTimestamp();
        _isIdle = _memory is not null && _timeProvider.GetElapsedTime(LastReadTimestamp, now) > IdleThreshold;
        LastReadTimestamp = now;
        return count > 0;
    }

    /// <summary>Reads one handshake record and consumes it.</summary>
    /// <exception cref="TransportException">The connection ended before the record was complete.</exception>
    /// <exception cref="TunnelProtocolException">The record is DATA, or larger than a control record.</exception>
    public async ValueTask<(RecordType Type, byte[] Payload)> ReadRecordAsync(CancellationToken cancellationToken)
    {
        long start = _timeProvider.GetTimestamp();
        while (true)
        {
            if (Buffered.Length >= RecordHeader.Size)
            {
                (RecordType type, int length) = RecordHeader.Read(Buffered);
                RecordHeader.Validate(type, length);
                if (type == RecordType.Data || length > RecordHeader.MaxControlPayloadSize)
                {
                    throw new TunnelProtocolException($"Expected a handshake record, got {type} of {length} bytes.");
                }

                if (Buffered.Length >= RecordHeader.Size + length)
                {
                    byte[] payload = Buffered.Slice(RecordHeader.Size, length).ToArray();
                    Consume(RecordHeader.Size + length);
                    RoundTripTime = _timeProvider.GetElapsedTime(start);
                    return (type, payload);
                }
            }

            if (!await ReadMoreAsync(cancellationToken).ConfigureAwait(false))
            {
                throw new TransportException("The path ended in the middle of the handshake.");
            }
        }
    }

    public void Dispose() => Release();

    private void Release()
    {
        byte[] buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            Account(buffer, -1);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Account(byte[] buffer, int sign)
    {
        if (buffer.Length >= LargeBufferSize)
        {
            _memory?.Add(sign * buffer.Length);
        }
    }

    private void EnsureCapacity()
    {
        int buffered = _end - _start;
        bool isFull = _end == _buffer.Length;
        int size = !isFull || _buffer.Length >= LargeBufferSize ? _buffer.Length
            : _buffer.Length < SmallBufferSize ? SmallBufferSize
            : LargeBufferSize;

        // The last read filled little of a large buffer: a small one is enough, and saves memory with many idle sessions.
        if (buffered == 0 && !isFull && _buffer.Length > SmallBufferSize * 2 && _end < SmallBufferSize)
        {
            size = SmallBufferSize;
        }

        if (size != _buffer.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(size);
            Buffered.CopyTo(larger);
            Account(_buffer, -1);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
            Account(_buffer, 1);
        }
        else if (_start > 0 && buffered > 0)
        {
            Buffered.CopyTo(_buffer);
        }

        _start = 0;
        _end = buffered;
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Accounting;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Sessions;

/// <summary>
/// The receive buffer of one connection: handed from the handshake to the session, so that bytes behind the last handshake
/// record are not lost. One reader at a time.
/// </summary>
internal sealed class ReceiveBuffer(ITransportConnection connection, TimeProvider? timeProvider = null) : IDisposable
{
    /// <summary>Holds any control record whole; an idle session keeps no more than this.</summary>
    private const int SmallBufferSize = 8 << 10;

    private const int LargeBufferSize = 64 << 10;

    /// <summary>
    /// How far apart what comes must be for the connection to be quiet: what it costs to wait without a buffer is nothing against that. An
    /// acknowledgement that comes alone is later than this, so that a call now and then leaves no buffer behind.
    /// </summary>
    private static readonly TimeSpan IdleThreshold = TimeSpan.FromMilliseconds(10);

    private TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallBufferSize);
    private int _start;
    private int _end;
    private MemoryAccount? _memory;
    private bool _isIdle;

    /// <summary>How long the handshake's last record was waited for: about what an answer takes on this path.</summary>
    public TimeSpan RoundTripTime { get; private set; }

    /// <summary>When bytes, or the end, last came, as a timestamp.</summary>
    public long LastReadTimestamp { get; private set; }

    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>It is a session's from now on: what a large buffer takes counts as the session's; the small one that it has while it is used does not.</summary>
    public void AccountTo(MemoryAccount memory, TimeProvider timeProvider)
    {
        _memory = memory;
        _timeProvider = timeProvider;
        LastReadTimestamp = timeProvider.GetTimestamp();

        // Many sessions are opened, and not used for long.
        _isIdle = true;
        Account(_buffer, 1);
    }

    public void Consume(int count) => _start += count;

    /// <summary>Reads more bytes behind the buffered ones; false once the peer has finished.</summary>
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

    /// <summary>Reads one record whole; for the handshake, where records are small.</summary>
    /// <exception cref="TransportException">The path ended first.</exception>
    public async ValueTask<(RecordType Type, byte[] Payload)> ReadRecordAsync(CancellationToken cancellationToken)
    {
        long began = _timeProvider.GetTimestamp();
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
                    RoundTripTime = _timeProvider.GetElapsedTime(began);
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
        int held = _end - _start;
        bool filled = _end == _buffer.Length;
        int size = filled && _buffer.Length < LargeBufferSize ? LargeBufferSize : _buffer.Length;

        // What arrives little by little needs no large buffer, and idle sessions are many.
        if (held == 0 && !filled && _buffer.Length > SmallBufferSize * 2 && _end < SmallBufferSize)
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
        else if (_start > 0 && held > 0)
        {
            Buffered.CopyTo(_buffer);
        }

        _start = 0;
        _end = held;
    }
}

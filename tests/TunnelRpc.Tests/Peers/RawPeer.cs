using System.Buffers;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Peers;

/// <summary>The peer of a session, simulated by the test byte by byte. It enforces no rule of the protocol.</summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private readonly ITransportConnection _connection;
    private readonly FrameRecorder _frames = new();
    private readonly FrameParser _parser;
    private byte[] _buffer = new byte[1 << 10];
    private int _length;

    public RawPeer(ITransportConnection connection)
    {
        _connection = connection;
        _parser = new FrameParser(_frames);
    }

    public Task SendAsync(byte[] bytes) =>
        _connection.WriteAsync(new ReadOnlySequence<byte>(bytes), CancellationToken.None).DefaultTimeout();

    public Task SendAsync(RecordType type, params byte[] payload) => SendAsync(Wire.Record(type, payload));

    public Task SendNumberAsync(RecordType type, ulong value) => SendAsync(Wire.Number(type, value));

    public Task SendFrameAsync(FrameType type, FrameFlags flags, ulong stream, params byte[] body) =>
        SendAsync(RecordType.Data, Wire.Frame(type, flags, stream, body));

    /// <summary>Reads the next record; null at the end of the path.</summary>
    public async Task<(RecordType Type, byte[] Payload)?> TryReadRecordAsync()
    {
        while (true)
        {
            if (_length >= RecordHeader.Size)
            {
                (RecordType type, int length) = RecordHeader.Read(_buffer.AsSpan(0, _length));
                int total = RecordHeader.Size + length;
                if (_length >= total)
                {
                    byte[] payload = _buffer[RecordHeader.Size..total];
                    _buffer.AsSpan(total, _length - total).CopyTo(_buffer);
                    _length -= total;
                    return (type, payload);
                }
            }

            if (_length == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            int count = await _connection.ReadAsync(_buffer.AsMemory(_length), CancellationToken.None).DefaultTimeout();
            if (count == 0)
            {
                return null;
            }

            _length += count;
        }
    }

    public async Task<(RecordType Type, byte[] Payload)> ReadRecordAsync() =>
        await TryReadRecordAsync() ?? throw new InvalidOperationException("Expected a record, got the end of the path.");

    /// <summary>Reads the next record of this type and skips others.</summary>
    public async Task<byte[]> ReadRecordAsync(RecordType wanted)
    {
        while (true)
        {
            (RecordType type, byte[] payload) = await ReadRecordAsync();
            if (type == wanted)
            {
                return payload;
            }
        }
    }

    public async Task<CloseMessage> ReadCloseAsync() => CloseMessage.Parse(await ReadRecordAsync(RecordType.Close));

    /// <summary>Reads the next frame and skips records other than DATA.</summary>
    public async Task<ReceivedFrame> ReadFrameAsync()
    {
        while (_frames.Frames.Count == 0)
        {
            _parser.Parse(await ReadRecordAsync(RecordType.Data));
        }

        return _frames.Frames.Dequeue();
    }

    /// <summary>Reads the next frame of a stream and skips those of others.</summary>
    public async Task<ReceivedFrame> ReadFrameOfAsync(ulong stream)
    {
        while (true)
        {
            ReceivedFrame frame = await ReadFrameAsync();
            if (frame.Stream == stream)
            {
                return frame;
            }
        }
    }

    /// <summary>Reads until the path ends.</summary>
    public async Task DrainAsync()
    {
        while (await TryReadRecordAsync() is not null)
        {
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}

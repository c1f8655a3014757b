using System.Buffers;
using System.Buffers.Binary;

namespace TunnelRpc.Sessions;

/// <summary>
/// The small records that are due, and how the next write is composed of them: ACK, PONG and PING go before DATA, CLOSE
/// after all of it. No I/O; the session's gate guards every member, except that what <see cref="GetComposed"/> gave is read
/// until the write has ended.
/// </summary>
internal sealed class ControlRecords
{
    /// <summary>The four records of eight bytes, and the head of a DATA record.</summary>
    private const int BufferSize = (4 * (RecordHeader.Size + sizeof(ulong))) + RecordHeader.Size;

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _length;
    private long _sentAckOffset;
    private ulong _pingNonce;
    private bool _isPingDue;
    private ulong? _duePongNonce;
    private ulong? _dueStartOffset;
    private bool _isAckDue;

    /// <summary>The offset of the last ACK. May be read outside the gate: it only grows.</summary>
    public long SentAckOffset => Volatile.Read(ref _sentAckOffset);

    /// <summary>A PING is to be sent.</summary>
    public void RequestPing() => _isPingDue = true;

    /// <summary>A PONG is to be sent. Only the last one is: a flood of pings costs one pong a write.</summary>
    public void RequestPong(ulong nonce) => _duePongNonce = nonce;

    /// <summary>The session goes on on another path: it begins with START, and with an ACK, since the last one may be lost.</summary>
    public void OnMigrated(long start)
    {
        _dueStartOffset = (ulong)start;
        _isAckDue = true;
        _isPingDue = false;
        _duePongNonce = null;
    }

    /// <summary>Composes the records that are due.</summary>
    /// <returns>Whether there are any, other than a PING.</returns>
    public bool ComposeDue(long received)
    {
        _length = 0;
        if (_dueStartOffset is ulong start)
        {
            _dueStartOffset = null;
            Add(RecordType.Start, start);
        }

        if (received > SentAckOffset || _isAckDue)
        {
            _isAckDue = false;
            Volatile.Write(ref _sentAckOffset, received);
            Add(RecordType.Ack, (ulong)received);
        }

        if (_duePongNonce is ulong nonce)
        {
            _duePongNonce = null;
            Add(RecordType.Pong, nonce);
        }

        bool any = _length > 0;
        if (_isPingDue)
        {
            _isPingDue = false;
            Add(RecordType.Ping, ++_pingNonce);
        }

        return any;
    }

    /// <summary>What was composed; empty when nothing is due.</summary>
    public ReadOnlyMemory<byte> GetComposed() => _buffer.AsMemory(0, _length);

    /// <summary>What was composed, and behind it the head of a DATA record.</summary>
    public ReadOnlyMemory<byte> AppendDataHeader(int count)
    {
        RecordHeader.Write(_buffer.AsSpan(_length), RecordType.Data, count);
        return _buffer.AsMemory(0, _length + RecordHeader.Size);
    }

    /// <summary>What was composed, and behind it CLOSE.</summary>
    public ReadOnlySequence<byte> AppendClose(CloseMessage close)
    {
        byte[] payload = close.ToPayload();
        byte[] record = new byte[_length + RecordHeader.Size + payload.Length];
        _buffer.AsSpan(0, _length).CopyTo(record);
        RecordHeader.Write(record.AsSpan(_length), RecordType.Close, payload.Length);
        payload.CopyTo(record.AsSpan(_length + RecordHeader.Size));
        return new ReadOnlySequence<byte>(record);
    }

    private void Add(RecordType type, ulong value)
    {
        RecordHeader.Write(_buffer.AsSpan(_length), type, sizeof(ulong));
        BinaryPrimitives.WriteUInt64BigEndian(_buffer.AsSpan(_length + RecordHeader.Size), value);
        _length += RecordHeader.Size + sizeof(ulong);
    }
}

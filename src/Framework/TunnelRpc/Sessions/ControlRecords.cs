using System.Buffers;
using System.Buffers.Binary;

namespace TunnelRpc.Sessions;

/// <summary>
/// The control records that are due, and the buffer that they are composed in: START, ACK, PONG and PING precede DATA, CLOSE follows all
/// data. No I/O.
/// </summary>
/// <remarks>
/// Guarded by the lock of <see cref="SessionWriter"/>, with two exceptions: <see cref="SentAckOffset"/>, and the composed bytes, which are
/// read without it until the write has completed.
/// </remarks>
internal sealed class ControlRecords
{
    /// <summary>Four records with a payload of eight bytes, and the header of a DATA record.</summary>
    private const int BufferSize = (4 * (RecordHeader.Size + sizeof(ulong))) + RecordHeader.Size;

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _length;
    private long _sentAckOffset;
    private ulong _pingNonce;
    private bool _isPingDue;
    private ulong? _duePongNonce;
    private ulong? _dueStartOffset;
    private bool _isAckDue;

    /// <summary>The offset of the last ACK. It only grows. May be read without the lock.</summary>
    public long SentAckOffset => Volatile.Read(ref _sentAckOffset);

    /// <summary>The next write includes a PING.</summary>
    public void RequestPing() => _isPingDue = true;

    /// <summary>
    /// The next write includes a PONG. Only the last request before a write counts, so a flood of pings costs one pong per write.
    /// </summary>
    public void RequestPong(ulong nonce) => _duePongNonce = nonce;

    /// <summary>
    /// The session continues on another path. Its first write includes START, and an ACK, since the last ACK may not have been delivered.
    /// </summary>
    public void OnMigrated(long start)
    {
        _dueStartOffset = (ulong)start;
        _isAckDue = true;
        _isPingDue = false;
        _duePongNonce = null;
    }

    /// <summary>Composes the records that are due, other than CLOSE, and marks them as sent.</summary>
    /// <param name="received">The offset up to which the peer's stream has been received; acknowledged if it exceeds the last ACK.</param>
    /// <returns>Whether a record other than PING was composed.</returns>
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

        bool isTraffic = _length > 0;
        if (_isPingDue)
        {
            _isPingDue = false;
            Add(RecordType.Ping, ++_pingNonce);
        }

        return isTraffic;
    }

    /// <summary>The composed records; empty if none was due.</summary>
    public ReadOnlyMemory<byte> GetComposed() => _buffer.AsMemory(0, _length);

    /// <summary>The composed records, followed by the header of a DATA record.</summary>
    public ReadOnlyMemory<byte> AppendDataHeader(int count)
    {
        RecordHeader.Write(_buffer.AsSpan(_length), RecordType.Data, count);
        return _buffer.AsMemory(0, _length + RecordHeader.Size);
    }

    /// <summary>The composed records, followed by CLOSE. Allocates, once per session and path.</summary>
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

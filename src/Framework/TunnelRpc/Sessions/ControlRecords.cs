using System.Buffers;
using System.Buffers.Binary;

namespace TunnelRpc.Sessions;

/// <summary>
/// The small records that are due, and how the next write is composed of them: ACK, PONG and PING go before DATA, CLOSE
/// after all of it. No I/O; the session's gate guards every member, except that what <see cref="Head"/> gave is read
/// until the write has ended.
/// </summary>
internal sealed class ControlRecords
{
    /// <summary>The four records of eight bytes, and the head of a DATA record.</summary>
    private const int MaxHeads = (4 * (Record.HeadSize + sizeof(ulong))) + Record.HeadSize;

    private readonly byte[] _heads = new byte[MaxHeads];
    private int _length;
    private long _ackSent;
    private ulong _pingNonce;
    private bool _pingDue;
    private ulong? _pongDue;
    private ulong? _startDue;
    private bool _ackDue;

    /// <summary>The offset of the last ACK. May be read outside the gate: it only grows.</summary>
    public long AckSent => Volatile.Read(ref _ackSent);

    /// <summary>A PING is to be sent.</summary>
    public void Ping() => _pingDue = true;

    /// <summary>A PONG is to be sent. Only the last one is: a flood of pings costs one pong a write.</summary>
    public void Pong(ulong nonce) => _pongDue = nonce;

    /// <summary>The session goes on on another path: it begins with START, and with an ACK, since the last one may be lost.</summary>
    public void OnMoved(long start)
    {
        _startDue = (ulong)start;
        _ackDue = true;
        _pingDue = false;
        _pongDue = null;
    }

    /// <summary>Composes the records that are due.</summary>
    /// <returns>Whether there are any, other than a PING.</returns>
    public bool Compose(long received)
    {
        _length = 0;
        if (_startDue is ulong start)
        {
            _startDue = null;
            Add(RecordType.Start, start);
        }

        if (received > AckSent || _ackDue)
        {
            _ackDue = false;
            Volatile.Write(ref _ackSent, received);
            Add(RecordType.Ack, (ulong)received);
        }

        if (_pongDue is ulong nonce)
        {
            _pongDue = null;
            Add(RecordType.Pong, nonce);
        }

        bool any = _length > 0;
        if (_pingDue)
        {
            _pingDue = false;
            Add(RecordType.Ping, ++_pingNonce);
        }

        return any;
    }

    /// <summary>What was composed; empty when nothing is due.</summary>
    public ReadOnlyMemory<byte> Head() => _heads.AsMemory(0, _length);

    /// <summary>What was composed, and behind it the head of a DATA record.</summary>
    public ReadOnlyMemory<byte> HeadWithData(int count)
    {
        Record.WriteHead(_heads.AsSpan(_length), RecordType.Data, count);
        return _heads.AsMemory(0, _length + Record.HeadSize);
    }

    /// <summary>What was composed, and behind it CLOSE.</summary>
    public ReadOnlySequence<byte> HeadWithClose(CloseMessage close)
    {
        byte[] payload = close.ToPayload();
        byte[] record = new byte[_length + Record.HeadSize + payload.Length];
        _heads.AsSpan(0, _length).CopyTo(record);
        Record.WriteHead(record.AsSpan(_length), RecordType.Close, payload.Length);
        payload.CopyTo(record.AsSpan(_length + Record.HeadSize));
        return new ReadOnlySequence<byte>(record);
    }

    private void Add(RecordType type, ulong value)
    {
        Record.WriteHead(_heads.AsSpan(_length), type, sizeof(ulong));
        BinaryPrimitives.WriteUInt64BigEndian(_heads.AsSpan(_length + Record.HeadSize), value);
        _length += Record.HeadSize + sizeof(ulong);
    }
}

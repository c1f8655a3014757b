using System.Buffers.Binary;

namespace TunnelRpc.Sessions;

/// <summary>
/// Parses the records of an established session, in place and incrementally: DATA is passed to the handler as it is received, other records
/// when they are complete. No I/O. Not thread-safe.
/// </summary>
/// <param name="expectsStart">
/// Whether the path continues a session, so that START with the offset of the first byte must precede DATA.
/// </param>
internal sealed class RecordParser(bool expectsStart = false)
{
    private bool _expectsStart = expectsStart;
    private int _dataRemaining;
    private int _skipRemaining;

    /// <summary>The offset in the peer's stream after the bytes received.</summary>
    public long ReceivedOffset { get; private set; }

    /// <summary>Parses as much of <paramref name="input"/> as possible.</summary>
    /// <returns>The number of bytes parsed. The caller passes the rest again, followed by more bytes.</returns>
    /// <exception cref="TunnelProtocolException">The bytes violate the protocol.</exception>
    public int Parse(ReadOnlySpan<byte> input, IRecordHandler handler)
    {
        int total = input.Length;
        while (true)
        {
            if (_dataRemaining > 0)
            {
                int count = Math.Min(_dataRemaining, input.Length);
                if (count == 0)
                {
                    return total;
                }

                // Advanced before the handler runs: the handler reads the offset.
                ReceivedOffset += count;
                _dataRemaining -= count;
                handler.OnData(input[..count]);
                input = input[count..];
                continue;
            }

            if (_skipRemaining > 0)
            {
                int count = Math.Min(_skipRemaining, input.Length);
                _skipRemaining -= count;
                input = input[count..];
                if (_skipRemaining > 0)
                {
                    return total;
                }

                continue;
            }

            if (input.Length < RecordHeader.Size)
            {
                return total - input.Length;
            }

            (RecordType type, int length) = RecordHeader.Read(input);
            RecordHeader.Validate(type, length);
            if (((byte)type & 0x80) != 0)
            {
                _skipRemaining = length;
            }
            else if (type == RecordType.Data)
            {
                if (_expectsStart)
                {
                    throw new TunnelProtocolException("Expected START before the first DATA of a path that continues a session, got DATA.");
                }

                _dataRemaining = length;
            }
            else if (input.Length < RecordHeader.Size + length)
            {
                return total - input.Length;
            }
            else
            {
                Dispatch(type, input.Slice(RecordHeader.Size, length), handler);
                input = input[length..];
            }

            input = input[RecordHeader.Size..];
        }
    }

    private void Dispatch(RecordType type, ReadOnlySpan<byte> payload, IRecordHandler handler)
    {
        switch (type)
        {
            case RecordType.Start when _expectsStart:
                ulong offset = ReadUInt64(type, payload);
                handler.OnStart(offset);
                ReceivedOffset = (long)offset;
                _expectsStart = false;
                break;
            case RecordType.Ack:
                handler.OnAck(ReadUInt64(type, payload));
                break;
            case RecordType.Ping:
                handler.OnPing(ReadUInt64(type, payload));
                break;
            case RecordType.Pong:
                handler.OnPong(ReadUInt64(type, payload));
                break;
            case RecordType.Close:
                handler.OnClose(CloseMessage.Parse(payload));
                break;
            default:
                throw new TunnelProtocolException(
                    "Expected DATA, ACK, PING, PONG or CLOSE in an established session (or one START first, on a path that the session has "
                    + $"migrated to), got {type}.");
        }
    }

    private static ulong ReadUInt64(RecordType type, ReadOnlySpan<byte> payload) => payload.Length == 8
        ? BinaryPrimitives.ReadUInt64BigEndian(payload)
        : throw new TunnelProtocolException($"Expected a {type} record of 8 bytes, got one of {payload.Length}.");
}

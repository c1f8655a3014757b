using System.Buffers.Binary;

namespace TunnelRpc.Sessions;

/// <summary>
/// Parses the records of an established session, in place and piece by piece: DATA is passed on as it comes, other records
/// when they are whole. No I/O; one reader.
/// </summary>
internal sealed class RecordParser
{
    private int _dataRemaining;
    private int _skipRemaining;

    /// <summary>Bytes of the session stream received in all.</summary>
    public long Received { get; private set; }

    /// <summary>Takes what it can from <paramref name="input"/>; gives how much that was. The rest must come again with more behind it.</summary>
    /// <exception cref="TunnelProtocolException">The bytes are no legal records.</exception>
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

                // Counted first: what the handler answers may already acknowledge it.
                Received += count;
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

            if (input.Length < Record.HeadSize)
            {
                return total - input.Length;
            }

            (RecordType type, int length) = Record.ReadHead(input);
            Record.Check(type, length);
            if (((byte)type & 0x80) != 0)
            {
                _skipRemaining = length;
            }
            else if (type == RecordType.Data)
            {
                _dataRemaining = length;
            }
            else if (input.Length < Record.HeadSize + length)
            {
                return total - input.Length;
            }
            else
            {
                Dispatch(type, input.Slice(Record.HeadSize, length), handler);
                input = input[length..];
            }

            input = input[Record.HeadSize..];
        }
    }

    private static void Dispatch(RecordType type, ReadOnlySpan<byte> payload, IRecordHandler handler)
    {
        switch (type)
        {
            case RecordType.Ack:
                handler.OnAck(ReadNumber(type, payload));
                break;
            case RecordType.Ping:
                handler.OnPing(ReadNumber(type, payload));
                break;
            case RecordType.Pong:
                handler.OnPong(ReadNumber(type, payload));
                break;
            case RecordType.Close:
                handler.OnClose(CloseMessage.Parse(payload));
                break;
            default:
                throw new TunnelProtocolException($"Expected DATA, ACK, PING, PONG or CLOSE in an established session, got {type}.");
        }
    }

    private static ulong ReadNumber(RecordType type, ReadOnlySpan<byte> payload) => payload.Length == 8
        ? BinaryPrimitives.ReadUInt64BigEndian(payload)
        : throw new TunnelProtocolException($"Expected a {type} record of 8 bytes, got one of {payload.Length}.");
}

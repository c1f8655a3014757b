using System.Buffers.Binary;

namespace TunnelRpc.Transports.Legs;

/// <summary>Takes a stream of records apart, however it is cut. Not thread-safe.</summary>
internal sealed class LegRecordParser
{
    private readonly byte[] _header = new byte[LegRecordWriter.ControlRecordBytes];
    private int _headerFilledBytes;

    // Of a record of data or of padding: its type, and what of its payload has not come yet.
    private LegRecordType _type;
    private int _payloadRemainingBytes;

    /// <summary>Whether the stream may end here.</summary>
    public bool IsAtRecordBoundary => _headerFilledBytes == 0 && _payloadRemainingBytes == 0;

    /// <summary>
    /// Finds the next record, or the next piece of data, and moves <paramref name="input"/> behind it; but not behind data: tell with
    /// <see cref="Advance"/> how much of it was used. False when more bytes are needed.
    /// </summary>
    /// <exception cref="TransportException">These are no records.</exception>
    public bool TryRead(ref ReadOnlySpan<byte> input, out LegRecordType type, out long value, out ReadOnlySpan<byte> data)
    {
        value = 0;
        data = default;
        while (true)
        {
            type = _type;
            if (_payloadRemainingBytes > 0)
            {
                int length = Math.Min(_payloadRemainingBytes, input.Length);
                if (_type == LegRecordType.Data)
                {
                    data = input[..length];
                    return length > 0;
                }

                Advance(ref input, length);
                if (_payloadRemainingBytes > 0)
                {
                    return false;
                }
            }

            if (!TryFillHeader(ref input, LegRecordWriter.HeaderBytes))
            {
                return false;
            }

            uint head = BinaryPrimitives.ReadUInt32BigEndian(_header);
            type = (LegRecordType)(head >> 24);
            int payload = (int)(head & LegRecordWriter.MaxPayloadBytes);
            if (type is LegRecordType.Data or >= LegRecordType.Padding)
            {
                _type = type;
                _payloadRemainingBytes = payload;
                _headerFilledBytes = 0;
                continue;
            }

            if (type is not (LegRecordType.Consumed or LegRecordType.Probe or LegRecordType.End) || payload != sizeof(long))
            {
                throw new TransportException($"Expected a record of a leg, got type {(byte)type} with {payload} bytes: something on the way changes bodies.");
            }

            if (!TryFillHeader(ref input, LegRecordWriter.ControlRecordBytes))
            {
                return false;
            }

            _headerFilledBytes = 0;
            value = BinaryPrimitives.ReadInt64BigEndian(_header.AsSpan(LegRecordWriter.HeaderBytes));
            return value >= 0 ? true : throw new TransportException("Expected a count in a leg's record, got a negative number.");
        }
    }

    /// <summary>Moves <paramref name="input"/> behind that much of the data which <see cref="TryRead"/> gave.</summary>
    public void Advance(ref ReadOnlySpan<byte> input, int length)
    {
        input = input[length..];
        _payloadRemainingBytes -= length;
    }

    private bool TryFillHeader(ref ReadOnlySpan<byte> input, int headerBytes)
    {
        int length = Math.Min(headerBytes - _headerFilledBytes, input.Length);
        if (length > 0)
        {
            input[..length].CopyTo(_header.AsSpan(_headerFilledBytes));
            _headerFilledBytes += length;
            input = input[length..];
        }

        return _headerFilledBytes >= headerBytes;
    }
}

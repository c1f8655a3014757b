using System.Buffers.Binary;

namespace TunnelRpc.Transports.Legs;

/// <summary>Takes a stream of records apart, however it is cut. Not thread-safe.</summary>
internal sealed class LegRecordParser
{
    private readonly byte[] _head = new byte[LegRecords.ControlBytes];
    private int _filled;

    // Of a record of data or of padding: its type, and what of its payload has not come yet.
    private LegRecordType _type;
    private int _left;

    /// <summary>Whether the stream may end here.</summary>
    public bool IsAtBorder => _filled == 0 && _left == 0;

    /// <summary>
    /// Finds the next record, or the next piece of data, and moves <paramref name="input"/> behind it; but not behind data: tell with
    /// <see cref="Use"/> how much of it was used. False when more bytes are needed.
    /// </summary>
    /// <exception cref="TransportException">These are no records.</exception>
    public bool TryRead(ref ReadOnlySpan<byte> input, out LegRecordType type, out long value, out ReadOnlySpan<byte> data)
    {
        value = 0;
        data = default;
        while (true)
        {
            type = _type;
            if (_left > 0)
            {
                int length = Math.Min(_left, input.Length);
                if (_type == LegRecordType.Data)
                {
                    data = input[..length];
                    return length > 0;
                }

                Use(ref input, length);
                if (_left > 0)
                {
                    return false;
                }
            }

            if (!Fill(ref input, LegRecords.HeadBytes))
            {
                return false;
            }

            uint head = BinaryPrimitives.ReadUInt32BigEndian(_head);
            type = (LegRecordType)(head >> 24);
            int payload = (int)(head & LegRecords.MaxPayload);
            if (type is LegRecordType.Data or >= LegRecordType.Pad)
            {
                _type = type;
                _left = payload;
                _filled = 0;
                continue;
            }

            if (type is not (LegRecordType.Consumed or LegRecordType.Probe or LegRecordType.End) || payload != sizeof(long))
            {
                throw new TransportException($"Expected a record of a leg, got type {(byte)type} with {payload} bytes: something on the way changes bodies.");
            }

            if (!Fill(ref input, LegRecords.ControlBytes))
            {
                return false;
            }

            _filled = 0;
            value = BinaryPrimitives.ReadInt64BigEndian(_head.AsSpan(LegRecords.HeadBytes));
            return value >= 0 ? true : throw new TransportException("Expected a count in a leg's record, got a negative number.");
        }
    }

    /// <summary>Moves <paramref name="input"/> behind that much of the data which <see cref="TryRead"/> gave.</summary>
    public void Use(ref ReadOnlySpan<byte> input, int length)
    {
        input = input[length..];
        _left -= length;
    }

    private bool Fill(ref ReadOnlySpan<byte> input, int to)
    {
        int length = Math.Min(to - _filled, input.Length);
        if (length > 0)
        {
            input[..length].CopyTo(_head.AsSpan(_filled));
            _filled += length;
            input = input[length..];
        }

        return _filled >= to;
    }
}

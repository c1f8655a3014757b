using System.Buffers.Binary;

namespace TunnelRpc.Transports.Legs;

/// <summary>Parses a stream of records. The input may be split at any byte. Not thread-safe.</summary>
internal sealed class LegRecordParser
{
    /// <summary>
    /// The most bytes of padding in one body: 1 MiB. A client pads to find out where an intermediary buffers, with less than 100 KiB.
    /// </summary>
    public const int MaxPaddingBytes = 1 << 20;

    private readonly byte[] _header = new byte[LegRecordWriter.ControlRecordBytes];
    private int _headerFilledBytes;

    // The type of the current data or padding record, and the remaining bytes of its payload.
    private LegRecordType _type;
    private int _payloadRemainingBytes;
    private int _paddingBytes;

    /// <summary>Whether the last record is complete, so that the stream may end here.</summary>
    public bool IsAtRecordBoundary => _headerFilledBytes == 0 && _payloadRemainingBytes == 0;

    /// <summary>
    /// Parses the next control record, or the next part of a data record, and advances <paramref name="input"/> after a control record. It
    /// does not advance after data: call <see cref="Advance"/> with the number of consumed bytes. Returns false when more input is needed.
    /// </summary>
    /// <exception cref="TransportException">The input is not a valid record.</exception>
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
                CountPadding();
                continue;
            }

            if (type is not (LegRecordType.Consumed or LegRecordType.Probe or LegRecordType.End) || payload != sizeof(long))
            {
                throw new TransportException(
                    $"Expected a leg record, got type {(byte)type} with {payload} bytes: an intermediary changes the bodies of requests or "
                        + "responses.");
            }

            if (!TryFillHeader(ref input, LegRecordWriter.ControlRecordBytes))
            {
                return false;
            }

            _headerFilledBytes = 0;
            value = BinaryPrimitives.ReadInt64BigEndian(_header.AsSpan(LegRecordWriter.HeaderBytes));
            return value >= 0 ? true : throw new TransportException("Expected a non-negative number in a leg record, got a negative one.");
        }
    }

    /// <summary>
    /// Advances <paramref name="input"/> by <paramref name="length"/> bytes of the data that <see cref="TryRead"/> returned.
    /// </summary>
    public void Advance(ref ReadOnlySpan<byte> input, int length)
    {
        input = input[length..];
        _payloadRemainingBytes -= length;
    }

    /// <summary>Counts a record that has no effect: padding, and data without a byte.</summary>
    private void CountPadding()
    {
        if (_type == LegRecordType.Data && _payloadRemainingBytes > 0)
        {
            return;
        }

        _paddingBytes += LegRecordWriter.HeaderBytes + _payloadRemainingBytes;
        if (_paddingBytes > MaxPaddingBytes)
        {
            throw new TransportException($"Expected at most {MaxPaddingBytes} bytes of padding in one body, got {_paddingBytes}.");
        }
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

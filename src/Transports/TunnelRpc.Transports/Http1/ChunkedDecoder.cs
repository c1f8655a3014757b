namespace TunnelRpc.Transports.Http1;

/// <summary>
/// A strict decoder of chunked bodies (RFC 9112, 7.1) without I/O. The input may be split at any byte. Extensions and trailers are
/// ignored within <see cref="Http1Limits"/>; a trailer must be a field, since another parser could take another line for the start of a
/// message. Not thread-safe.
/// </summary>
internal sealed class ChunkedDecoder
{
    private State _state = State.Size;

    // In state Size: the value of the digits read so far. In state Data: the remaining bytes of the chunk.
    private long _chunkBytes;

    // The bytes of the current size line, or of all trailers together.
    private int _lineBytes;

    private enum State
    {
        Size,
        Extension,
        SizeLineFeed,
        Data,
        DataCarriageReturn,
        DataLineFeed,
        TrailerStart,
        TrailerName,
        TrailerValue,
        TrailerLineFeed,
        LastLineFeed,
        End,
    }

    /// <summary>Whether the last chunk and its trailers have been decoded. Bytes after them do not belong to this body.</summary>
    public bool IsEnd => _state == State.End;

    /// <summary>
    /// The number of next bytes that are data of the current chunk. They may bypass <see cref="Decode"/>: see <see cref="SkipData"/>.
    /// </summary>
    public long RemainingChunkBytes => _state == State.Data ? _chunkBytes : 0;

    /// <summary>Decodes until the source is consumed, the destination is full or the body has ended.</summary>
    /// <exception cref="MalformedHttpException">The bytes are not a chunked body.</exception>
    public (int Consumed, int Written) Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int consumed = 0;
        int written = 0;
        while (consumed < source.Length && _state != State.End)
        {
            if (_state != State.Data)
            {
                ProcessByte(source[consumed++]);
                continue;
            }

            int length = (int)Math.Min(_chunkBytes, Math.Min(source.Length - consumed, destination.Length - written));
            if (length == 0)
            {
                break;
            }

            source.Slice(consumed, length).CopyTo(destination[written..]);
            consumed += length;
            written += length;
            SkipData(length);
        }

        return (consumed, written);
    }

    /// <summary>
    /// Skips <paramref name="length"/> bytes of data, at most <see cref="RemainingChunkBytes"/>, that the caller read without the decoder.
    /// </summary>
    public void SkipData(int length)
    {
        _chunkBytes -= length;
        if (_chunkBytes == 0)
        {
            _state = State.DataCarriageReturn;
        }
    }

    private static void Require(byte expected, byte actual, string position)
    {
        if (expected != actual)
        {
            throw new MalformedHttpException($"Expected the byte 0x{expected:X2} {position}, got 0x{actual:X2}.");
        }
    }

    private static int HexValue(byte digit) => digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static void RequireText(byte value)
    {
        if ((value < 0x20 && value != (byte)'\t') || value == 0x7F)
        {
            throw new MalformedHttpException($"Expected text in a chunk extension or trailer, got the byte 0x{value:X2}.");
        }
    }

    private static void RequireToken(byte value)
    {
        if (!Http1HeadParser.IsToken(new ReadOnlySpan<byte>(in value)))
        {
            throw new MalformedHttpException($"Expected a trailer such as \"Name: value\", got the byte 0x{value:X2} in its name.");
        }
    }

    private void ProcessByte(byte value)
    {
        switch (_state)
        {
            case State.Size:
                ProcessSizeByte(value);
                break;
            case State.Extension:
                CountLineByte(Http1Limits.MaxChunkLineBytes, "a chunk's size line");
                if (value == (byte)'\r')
                {
                    _state = State.SizeLineFeed;
                    break;
                }

                RequireText(value);
                break;
            case State.SizeLineFeed:
                Require((byte)'\n', value, "after a chunk's size");
                _lineBytes = 0;
                _state = _chunkBytes == 0 ? State.TrailerStart : State.Data;
                break;
            case State.DataCarriageReturn:
                Require((byte)'\r', value, "after a chunk's data");
                _state = State.DataLineFeed;
                break;
            case State.DataLineFeed:
                Require((byte)'\n', value, "after a chunk's data");
                _state = State.Size;
                break;
            case State.TrailerStart when value == (byte)'\r':
                CountLineByte(Http1Limits.MaxTrailerBytes, "trailers");
                _state = State.LastLineFeed;
                break;
            case State.TrailerStart:
                CountLineByte(Http1Limits.MaxTrailerBytes, "trailers");
                RequireToken(value);
                _state = State.TrailerName;
                break;
            case State.TrailerName:
                CountLineByte(Http1Limits.MaxTrailerBytes, "trailers");
                if (value == (byte)':')
                {
                    _state = State.TrailerValue;
                    break;
                }

                RequireToken(value);
                break;
            case State.TrailerValue:
                CountLineByte(Http1Limits.MaxTrailerBytes, "trailers");
                if (value == (byte)'\r')
                {
                    _state = State.TrailerLineFeed;
                    break;
                }

                RequireText(value);
                break;
            case State.TrailerLineFeed:
                Require((byte)'\n', value, "at the end of a trailer line");
                _state = State.TrailerStart;
                break;
            case State.LastLineFeed:
                Require((byte)'\n', value, "after the trailers");
                _state = State.End;
                break;
            default:
                throw new InvalidOperationException($"Unexpected byte in state {_state}: the states Data and End are handled by Decode.");
        }
    }

    private void ProcessSizeByte(byte value)
    {
        if (char.IsAsciiHexDigit((char)value))
        {
            CountLineByte(Http1Limits.MaxChunkSizeDigits, "a chunk's size");
            _chunkBytes = (_chunkBytes * 16) + HexValue(value);
            if (_chunkBytes > Http1Limits.MaxChunkBytes)
            {
                throw new MalformedHttpException($"Expected chunks of at most {Http1Limits.MaxChunkBytes} bytes, got a larger one.");
            }

            return;
        }

        if (_lineBytes == 0 || value is not ((byte)'\r' or (byte)';'))
        {
            throw new MalformedHttpException($"Expected a chunk's size in hexadecimal digits and then CR LF, got the byte 0x{value:X2}.");
        }

        _state = value == (byte)'\r' ? State.SizeLineFeed : State.Extension;
    }

    private void CountLineByte(int limit, string element)
    {
        if (++_lineBytes > limit)
        {
            throw new MalformedHttpException($"Expected at most {limit} bytes of {element}, got more.");
        }
    }
}

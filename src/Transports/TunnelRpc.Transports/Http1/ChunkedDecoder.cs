namespace TunnelRpc.Transports.Http1;

/// <summary>
/// A strict decoder of chunked bodies (RFC 9112, 7.1) without I/O. The input may be split at any byte. Extensions and trailers are
/// ignored within <see cref="Http1Limits"/>. Not thread-safe.
/// </summary>
internal sealed class ChunkedDecoder
{
    private State _state = State.Size;

    // In state Size: the value of the digits read so far. In state Data: the remaining bytes of the chunk.
    private long _chunkBytes;

    // The bytes of the current size line, or of all trailers together.
    private int _lineBytes;
    private bool _trailerLineEmpty;

    private enum State
    {
        Size,
        Extension,
        SizeLineFeed,
        Data,
        DataCarriageReturn,
        DataLineFeed,
        Trailer,
        TrailerLineFeed,
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
                _trailerLineEmpty = true;
                _state = _chunkBytes == 0 ? State.Trailer : State.Data;
                break;
            case State.DataCarriageReturn:
                Require((byte)'\r', value, "after a chunk's data");
                _state = State.DataLineFeed;
                break;
            case State.DataLineFeed:
                Require((byte)'\n', value, "after a chunk's data");
                _state = State.Size;
                break;
            case State.Trailer:
                CountLineByte(Http1Limits.MaxTrailerBytes, "trailers");
                if (value == (byte)'\r')
                {
                    _state = State.TrailerLineFeed;
                    break;
                }

                RequireText(value);
                _trailerLineEmpty = false;
                break;
            case State.TrailerLineFeed:
                Require((byte)'\n', value, "at the end of a trailer line");
                _state = _trailerLineEmpty ? State.End : State.Trailer;
                _trailerLineEmpty = true;
                break;
            default:
                throw new InvalidOperationException($"Unexpected byte in state {_state}: the states Data and End are handled by Decode.");
        }
    }

    private void ProcessSizeByte(byte value)
    {
        if (char.IsAsciiHexDigit((char)value))
        {
            CountLineByte(Http1Limits.MaxChunkLineBytes, "a chunk's size line");
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

namespace TunnelRpc.Transports.Http1;

/// <summary>
/// A strict decoder of chunked bodies (RFC 9112, 7.1) without I/O: bytes go in however they were cut, data comes out.
/// Extensions and trailers are ignored within limits. Not thread-safe.
/// </summary>
internal sealed class ChunkedDecoder
{
    private State _state = State.Size;

    // In Size: the digits' value so far. In Data: what is left of the chunk.
    private long _chunkBytes;

    // Of the current size line, or of the trailers altogether.
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

    /// <summary>Whether the last chunk and its trailers have been decoded; bytes after that are not this body's.</summary>
    public bool IsEnd => _state == State.End;

    /// <summary>How many of the next bytes are plain data, which may bypass <see cref="Decode"/>: see <see cref="SkipData"/>.</summary>
    public long RemainingChunkBytes => _state == State.Data ? _chunkBytes : 0;

    /// <summary>Decodes until the source is used up, the destination is full or the body has ended.</summary>
    /// <exception cref="MalformedHttpException">The bytes are no chunked body.</exception>
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

    /// <summary>Tells that <paramref name="length"/> bytes of data, at most <see cref="RemainingChunkBytes"/>, went past the decoder.</summary>
    public void SkipData(int length)
    {
        _chunkBytes -= length;
        if (_chunkBytes == 0)
        {
            _state = State.DataCarriageReturn;
        }
    }

    private static void Require(byte expected, byte actual, string where)
    {
        if (expected != actual)
        {
            throw new MalformedHttpException($"Expected the byte 0x{expected:X2} {where}; 0x{actual:X2} came.");
        }
    }

    private static int HexValue(byte digit) => digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static void RequireText(byte value)
    {
        if ((value < 0x20 && value != (byte)'\t') || value == 0x7F)
        {
            throw new MalformedHttpException($"Expected text in a chunk extension or trailer; the byte 0x{value:X2} came.");
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
                throw new InvalidOperationException($"No byte is stepped through in state {_state}.");
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
                throw new MalformedHttpException($"Expected chunks of at most {Http1Limits.MaxChunkBytes} bytes; one is larger.");
            }

            return;
        }

        if (_lineBytes == 0 || value is not ((byte)'\r' or (byte)';'))
        {
            throw new MalformedHttpException($"Expected a chunk's size in hexadecimal digits and then CR LF; the byte 0x{value:X2} came.");
        }

        _state = value == (byte)'\r' ? State.SizeLineFeed : State.Extension;
    }

    private void CountLineByte(int limit, string what)
    {
        if (++_lineBytes > limit)
        {
            throw new MalformedHttpException($"Expected at most {limit} bytes of {what}; there are more.");
        }
    }
}

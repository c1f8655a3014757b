using System.Buffers;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Splits the session's byte stream into frames. A frame that lies in the given bytes as a whole is handled in place; a frame that is split
/// over several calls is copied together, at most <see cref="Frame.MaxSize"/> bytes. No I/O. Not thread-safe: the reader calls it.
/// </summary>
internal sealed class FrameParser(IFrameHandler handler)
{
    // The first bytes of a split frame, including its length field. Rented while there is one.
    private byte[] _partialFrame = [];
    private int _partialLength;

    /// <summary>Handles the frames that end in <paramref name="data"/>, and keeps the start of the next one.</summary>
    /// <exception cref="TunnelProtocolException">The bytes violate the frame format.</exception>
    public void Parse(ReadOnlySpan<byte> data)
    {
        if (_partialLength > 0)
        {
            data = CompletePartialFrame(data);
        }

        while (!data.IsEmpty)
        {
            if (!TryReadFrameSize(data, out int total) || total > data.Length)
            {
                StorePartialFrame(data);
                return;
            }

            DispatchFrame(data[..total]);
            data = data[total..];
        }
    }

    private void ReturnPartialFrame()
    {
        byte[] partial = _partialFrame;
        _partialFrame = [];
        if (partial.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(partial);
        }
    }

    private ReadOnlySpan<byte> CompletePartialFrame(ReadOnlySpan<byte> data)
    {
        int total;
        while (!TryReadFrameSize(_partialFrame.AsSpan(0, _partialLength), out total))
        {
            if (data.IsEmpty)
            {
                return data;
            }

            _partialFrame[_partialLength++] = data[0];
            data = data[1..];
        }

        if (_partialFrame.Length < total)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(total);
            _partialFrame.AsSpan(0, _partialLength).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_partialFrame);
            _partialFrame = larger;
        }

        int count = Math.Min(total - _partialLength, data.Length);
        data[..count].CopyTo(_partialFrame.AsSpan(_partialLength));
        _partialLength += count;
        if (_partialLength == total)
        {
            _partialLength = 0;
            DispatchFrame(_partialFrame.AsSpan(0, total));
            ReturnPartialFrame();
        }

        return data[count..];
    }

    private void StorePartialFrame(ReadOnlySpan<byte> data)
    {
        _partialFrame = ArrayPool<byte>.Shared.Rent(Math.Max(data.Length, 64));
        data.CopyTo(_partialFrame);
        _partialLength = data.Length;
    }

    private void DispatchFrame(ReadOnlySpan<byte> frame)
    {
        VarInt.TryRead(frame, out _, out int size);
        byte typeAndFlags = frame[size];
        ReadOnlySpan<byte> rest = frame[(size + 1)..];
        if (!VarInt.TryRead(rest, out ulong stream, out int streamSize))
        {
            throw new TunnelProtocolException(
                $"Expected a frame with a complete stream id, got one of {frame.Length - size} bytes that ends within the id.");
        }

        var type = (FrameType)(typeAndFlags & ~(byte)FrameFlags.Mask);
        handler.OnFrame(type, (FrameFlags)typeAndFlags & FrameFlags.Mask, stream, rest[streamSize..]);
    }

    /// <summary>Reads the size of a frame, including its length field; false if the length field is incomplete.</summary>
    private static bool TryReadFrameSize(ReadOnlySpan<byte> data, out int frameSize)
    {
        frameSize = 0;
        if (!VarInt.TryRead(data, out ulong length, out int size))
        {
            return false;
        }

        if (length is < 2 or > Frame.MaxSize)
        {
            throw new TunnelProtocolException($"Expected a frame of 2 to {Frame.MaxSize} bytes, got one that announces {length}.");
        }

        frameSize = size + (int)length;
        return true;
    }
}

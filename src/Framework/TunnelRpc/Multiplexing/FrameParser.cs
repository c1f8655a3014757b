using System.Buffers;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Cuts the session stream into frames. A frame that lies whole in the given bytes is handled there; one that is split over
/// several is gathered, at most <see cref="Frame.MaxSize"/> bytes. No I/O; one reader.
/// </summary>
internal sealed class FrameParser(IFrameHandler handler)
{
    // The beginning of a split frame: its first bytes, its length included.
    private byte[] _partialFrame = [];
    private int _partialLength;

    /// <exception cref="TunnelProtocolException">The bytes are no legal frames.</exception>
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
        byte head = frame[size];
        ReadOnlySpan<byte> rest = frame[(size + 1)..];
        if (!VarInt.TryRead(rest, out ulong stream, out int streamSize))
        {
            throw new TunnelProtocolException($"Expected a frame with a whole stream number, got one of {frame.Length - size} bytes that ends in it.");
        }

        handler.OnFrame((FrameType)(head & ~(byte)FrameFlags.Mask), (FrameFlags)head & FrameFlags.Mask, stream, rest[streamSize..]);
    }

    /// <summary>The frame's whole size, its length field included; false while the length field is not whole.</summary>
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

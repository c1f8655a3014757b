using System.Buffers;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// Cuts the session stream into frames. A frame that lies whole in the given bytes is handled there; one that is split over
/// several is gathered, at most <see cref="Frame.MaxSize"/> bytes. No I/O; one reader.
/// </summary>
internal sealed class FrameParser(IFrameHandler handler)
{
    // The beginning of a split frame: its first bytes, its length included.
    private byte[] _partial = [];
    private int _partialLength;

    /// <exception cref="TunnelProtocolException">The bytes are no legal frames.</exception>
    public void Parse(ReadOnlySpan<byte> data)
    {
        if (_partialLength > 0)
        {
            data = Complete(data);
        }

        while (!data.IsEmpty)
        {
            if (!TryMeasure(data, out int total) || total > data.Length)
            {
                Keep(data);
                return;
            }

            Handle(data[..total]);
            data = data[total..];
        }
    }

    private void ReleasePartial()
    {
        byte[] partial = _partial;
        _partial = [];
        if (partial.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(partial);
        }
    }

    private ReadOnlySpan<byte> Complete(ReadOnlySpan<byte> data)
    {
        int total;
        while (!TryMeasure(_partial.AsSpan(0, _partialLength), out total))
        {
            if (data.IsEmpty)
            {
                return data;
            }

            _partial[_partialLength++] = data[0];
            data = data[1..];
        }

        if (_partial.Length < total)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(total);
            _partial.AsSpan(0, _partialLength).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_partial);
            _partial = larger;
        }

        int count = Math.Min(total - _partialLength, data.Length);
        data[..count].CopyTo(_partial.AsSpan(_partialLength));
        _partialLength += count;
        if (_partialLength == total)
        {
            _partialLength = 0;
            Handle(_partial.AsSpan(0, total));
            ReleasePartial();
        }

        return data[count..];
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        _partial = ArrayPool<byte>.Shared.Rent(Math.Max(data.Length, 64));
        data.CopyTo(_partial);
        _partialLength = data.Length;
    }

    private void Handle(ReadOnlySpan<byte> frame)
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
    private static bool TryMeasure(ReadOnlySpan<byte> data, out int total)
    {
        total = 0;
        if (!VarInt.TryRead(data, out ulong length, out int size))
        {
            return false;
        }

        if (length is < 2 or > Frame.MaxSize)
        {
            throw new TunnelProtocolException($"Expected a frame of 2 to {Frame.MaxSize} bytes, got one that announces {length}.");
        }

        total = size + (int)length;
        return true;
    }
}

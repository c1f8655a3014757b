using System.Buffers;

namespace TunnelRpc.Multiplexing;

/// <summary>A whole message that was received, as its sender encoded it: decompressed, where it came compressed. Disposed after use.</summary>
internal readonly ref struct ReceivedMessage
{
    private readonly byte[]? _rented;

    private ReceivedMessage(ReadOnlySpan<byte> bytes, byte[]? rented, TunnelException? error)
    {
        Bytes = bytes;
        _rented = rented;
        Error = error;
    }

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Why there is no message: it cannot be decompressed.</summary>
    public TunnelException? Error { get; }

    /// <param name="flags">The flags of the frame that ended the message.</param>
    /// <param name="received">What came.</param>
    /// <param name="maxSize">The most bytes that it may have.</param>
    public static ReceivedMessage Create(FrameFlags flags, ReadOnlySpan<byte> received, int maxSize)
    {
        if ((flags & FrameFlags.Compressed) == 0)
        {
            return new ReceivedMessage(received, null, null);
        }

        try
        {
            byte[] rented = CompressedMessage.Decompress(received, maxSize, out int size);
            return new ReceivedMessage(rented.AsSpan(0, size), rented, null);
        }
        catch (TunnelException error)
        {
            return new ReceivedMessage(default, null, error);
        }
    }

    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}

using System.Buffers;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// A complete received message, decompressed if it arrived compressed. The caller disposes it after use, which returns the rented array.
/// </summary>
internal readonly ref struct ReceivedMessage
{
    private readonly byte[]? _rented;

    private ReceivedMessage(ReadOnlySpan<byte> bytes, byte[]? rented, TunnelException? error)
    {
        Bytes = bytes;
        _rented = rented;
        Error = error;
    }

    /// <summary>The message; empty on an error.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Why the message could not be decompressed; null on success.</summary>
    public TunnelException? Error { get; }

    /// <summary>Decompresses a message if its flags say that it is compressed.</summary>
    /// <param name="flags">The flags of the frame that ended the message.</param>
    /// <param name="received">The message as it arrived.</param>
    /// <param name="maxSize">The largest uncompressed size, in bytes.</param>
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

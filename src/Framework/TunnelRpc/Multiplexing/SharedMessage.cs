namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0068-broadcasts-are-encoded-once.md
/// <summary>
/// An encoded message that is sent to several sessions. It is compressed at most once, too. The bytes do not change. Thread-safe.
/// </summary>
/// <param name="body">The encoded message.</param>
internal sealed class SharedMessage(byte[] body)
{
    // Set once; two threads may compress at the same time, with the same result. Empty if compression does not make the message smaller.
    private byte[]? _compressed;

    /// <summary>The size of the plain message, in bytes.</summary>
    public int Length => body.Length;

    /// <summary>The plain message.</summary>
    public ReadOnlyMemory<byte> Plain => body;

    /// <summary>The compressed message; empty if it is not smaller than the plain one.</summary>
    public ReadOnlyMemory<byte> GetCompressed()
    {
        if (Volatile.Read(ref _compressed) is { } known)
        {
            return known;
        }

        byte[] compressed = [];
        if (CompressedMessage.TryCompress(body, out byte[] rented, out int length))
        {
            compressed = rented.AsSpan(0, length).ToArray();
            MessageCompressor.Return(rented);
        }

        Volatile.Write(ref _compressed, compressed);
        return compressed;
    }
}

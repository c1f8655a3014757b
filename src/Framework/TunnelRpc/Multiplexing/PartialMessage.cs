using System.Buffers;

namespace TunnelRpc.Multiplexing;

/// <summary>The pieces of one message that have come in PART frames. The reader's; disposed when the message is whole or its call over.</summary>
internal sealed class PartialMessage : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(32 << 10);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> piece)
    {
        if (_bytes.Length - Length < piece.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + piece.Length, (int)Math.Min((long)_bytes.Length * 2, Array.MaxLength)));
            Bytes.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        piece.CopyTo(_bytes.AsSpan(Length));
        Length += piece.Length;
    }

    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        Length = 0;
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}

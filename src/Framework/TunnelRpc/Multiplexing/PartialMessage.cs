using System.Buffers;
using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

/// <summary>The pieces of one message that have come in PART frames. The reader's; disposed when the message is whole or its call over.</summary>
/// <param name="opensCall">Whether it is the beginning of a CALL.</param>
/// <param name="memory">Where its memory is counted.</param>
/// <param name="expected">How large it is likely to become; 0 where nothing says so.</param>
internal sealed class PartialMessage(bool opensCall, MemoryAccount memory, int expected = 0) : IDisposable
{
    // Grows with what has come, but where it is likely to become larger.
    private byte[] _bytes = [];

    /// <summary>Whether it is the beginning of a CALL, rather than of a message on an open stream.</summary>
    public bool OpensCall => opensCall;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> piece)
    {
        if (_bytes.Length - Length < piece.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(Length + piece.Length, expected), (int)Math.Min((long)_bytes.Length * 2, Array.MaxLength)));
            Bytes.CopyTo(larger);
            Release();
            _bytes = larger;
            memory.Add(larger.Length);
        }

        piece.CopyTo(_bytes.AsSpan(Length));
        Length += piece.Length;
    }

    public void Dispose()
    {
        Release();
        _bytes = [];
        Length = 0;
    }

    private void Release()
    {
        if (_bytes.Length > 0)
        {
            memory.Add(-_bytes.Length);
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}

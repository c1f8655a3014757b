using System.Buffers;
using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

/// <summary>The pieces of one message that have come in PART frames. The reader's; disposed when the message is whole or its call over.</summary>
/// <param name="isCall">Whether it is the beginning of a CALL.</param>
/// <param name="memory">Where its memory is counted.</param>
/// <param name="expectedSize">How large it is likely to become; 0 where nothing says so.</param>
internal sealed class PartialMessage(bool isCall, MemoryAccount memory, int expectedSize = 0) : IDisposable
{
    // Grows with what has come, but where it is likely to become larger.
    private byte[] _bytes = [];
    private MemoryLease _lease;

    /// <summary>Whether it is the beginning of a CALL, rather than of a message on an open stream.</summary>
    public bool IsCall => isCall;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> fragment)
    {
        if (_bytes.Length - Length < fragment.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(Length + fragment.Length, expectedSize), (int)Math.Min((long)_bytes.Length * 2, Array.MaxLength)));
            Bytes.CopyTo(larger);
            ReturnBuffer();
            _bytes = larger;
            _lease = memory.Lease(larger.Length);
        }

        fragment.CopyTo(_bytes.AsSpan(Length));
        Length += fragment.Length;
    }

    public void Dispose()
    {
        ReturnBuffer();
        _bytes = [];
        Length = 0;
    }

    private void ReturnBuffer()
    {
        if (_bytes.Length > 0)
        {
            _lease.Dispose();
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}

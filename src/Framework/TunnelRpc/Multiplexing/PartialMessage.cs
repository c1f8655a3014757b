using System.Buffers;
using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

/// <summary>
/// A message that arrives in fragments. Used by the reader, which disposes it once the complete message is handled or the call has ended;
/// or passes it to another owner, which decodes it later.
/// </summary>
/// <param name="isCall">Whether the message is a CALL.</param>
/// <param name="memory">The account for the memory of the message.</param>
/// <param name="expectedSize">The likely size of the message; 0 if unknown.</param>
internal sealed class PartialMessage(bool isCall, MemoryAccount memory, int expectedSize = 0) : IDisposable
{
    // Rented. Grows with the received bytes; starts with the expected size. The lease accounts its length.
    private byte[] _bytes = [];
    private MemoryLease _lease;

    /// <summary>Whether the message is a CALL, rather than a message on an open stream.</summary>
    public bool IsCall => isCall;

    /// <summary>The received bytes.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Adds a fragment.</summary>
    public void Append(ReadOnlySpan<byte> fragment)
    {
        if (_bytes.Length - Length < fragment.Length)
        {
            int doubled = (int)Math.Min((long)_bytes.Length * 2, Array.MaxLength);
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(Length + fragment.Length, expectedSize), doubled));
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

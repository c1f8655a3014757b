namespace TunnelRpc.Gateway.Inspection;

/// <summary>The start of a body, and its length. Not thread-safe.</summary>
/// <param name="maxBytes">The bytes that are kept.</param>
internal sealed class CapturedBody(int maxBytes)
{
    // Grows with the body, so that small bodies take little memory. A snapshot keeps the array that it has got: bytes are only appended.
    private byte[] _kept = [];
    private int _length;

    /// <summary>The bytes that are kept. Valid permanently: later bytes do not change them.</summary>
    public ReadOnlyMemory<byte> Kept => _kept.AsMemory(0, _length);

    /// <summary>The bytes of the whole body so far.</summary>
    public long TotalBytes { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        TotalBytes += bytes.Length;
        int count = Math.Min(bytes.Length, maxBytes - _length);
        if (count <= 0)
        {
            return;
        }

        if (_kept.Length < _length + count)
        {
            byte[] larger = new byte[Math.Min(maxBytes, Math.Max(_length + count, _kept.Length * 2))];
            _kept.AsSpan(0, _length).CopyTo(larger);
            _kept = larger;
        }

        bytes[..count].CopyTo(_kept.AsSpan(_length));
        _length += count;
    }

    /// <summary>Counts bytes that are not kept.</summary>
    public void Count(int bytes) => TotalBytes += bytes;
}

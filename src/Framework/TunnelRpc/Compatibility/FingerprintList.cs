using System.Buffers.Binary;

namespace TunnelRpc.Compatibility;

/// <summary>
/// The fingerprints that a server appends to WELCOME: count:u16, then for each contract service:u32 fingerprint:u64. The service is the
/// hash of its name (<see cref="TunnelMethod.ComputeId"/>). Immutable; empty by default.
/// </summary>
internal readonly struct FingerprintList
{
    /// <summary>The most contracts in a list: 256. A server with more of them leaves out the others.</summary>
    public const int MaxCount = 256;

    private const int EntrySize = 4 + 8;

    private readonly byte[]? _bytes;

    private FingerprintList(byte[] bytes) => _bytes = bytes;

    /// <summary>The number of contracts.</summary>
    public int Count => _bytes is null ? 0 : (_bytes.Length - 2) / EntrySize;

    /// <summary>The bytes on the wire; empty for no contract.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Creates a list of the first <see cref="MaxCount"/> contracts.</summary>
    public static FingerprintList Create(IEnumerable<DeclaredContract> contracts)
    {
        DeclaredContract[] listed = [.. contracts.Take(MaxCount)];
        if (listed.Length == 0)
        {
            return default;
        }

        byte[] bytes = new byte[2 + (listed.Length * EntrySize)];
        Span<byte> rest = bytes;
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)listed.Length);
        rest = rest[2..];
        foreach (DeclaredContract contract in listed)
        {
            BinaryPrimitives.WriteUInt32BigEndian(rest, TunnelMethod.ComputeId(contract.Service));
            BinaryPrimitives.WriteUInt64BigEndian(rest[4..], contract.Fingerprint);
            rest = rest[EntrySize..];
        }

        return new FingerprintList(bytes);
    }

    /// <summary>Reads the list at the start of the bytes. Bytes after it are ignored.</summary>
    /// <param name="bytes">The bytes; empty for an empty list.</param>
    /// <exception cref="TunnelProtocolException">The bytes are not a list.</exception>
    public static FingerprintList Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return default;
        }

        int count = bytes.Length < 2 ? -1 : BinaryPrimitives.ReadUInt16BigEndian(bytes);
        int size = 2 + (count * EntrySize);
        if (count is < 0 or > MaxCount || bytes.Length < size)
        {
            throw new TunnelProtocolException(
                $"Expected at most {MaxCount} fingerprints of {EntrySize} bytes after the known fields of WELCOME, got {count} in "
                + $"{bytes.Length} bytes.");
        }

        return count == 0 ? default : new FingerprintList(bytes[..size].ToArray());
    }

    /// <summary>Returns the fingerprint of a contract; null if the list does not have it.</summary>
    /// <param name="service">The service's name on the wire.</param>
    public ulong? Find(string service)
    {
        if (Count == 0)
        {
            return null;
        }

        uint id = TunnelMethod.ComputeId(service);
        for (ReadOnlySpan<byte> rest = Bytes[2..]; rest.Length > 0; rest = rest[EntrySize..])
        {
            if (BinaryPrimitives.ReadUInt32BigEndian(rest) == id)
            {
                return BinaryPrimitives.ReadUInt64BigEndian(rest[4..]);
            }
        }

        return null;
    }
}

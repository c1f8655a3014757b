using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TunnelRpc;

/// <summary>
/// A call under ordered dispatch and the calls that are made while it runs, on whichever side. Two of the same number are the
/// same chain. Thread-safe.
/// </summary>
/// <param name="id">The number; 0 for a chain that gets one with its first nested call.</param>
internal sealed class CallChain(ulong id = 0)
{
    // Set once, by Interlocked. Not to be guessed: whoever knows it is let through.
    private ulong _id = id;

    /// <summary>The number; 0 as long as nothing was called meanwhile.</summary>
    public ulong Id => Volatile.Read(ref _id);

    /// <summary>The number, which it now has.</summary>
    public ulong GetOrCreateId()
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        while (Id == 0)
        {
            RandomNumberGenerator.Fill(random);
            Interlocked.CompareExchange(ref _id, BinaryPrimitives.ReadUInt64BigEndian(random), 0);
        }

        return Id;
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TunnelRpc;

// Decision: docs/adr/0026-nested-calls-identified-by-chain.md
/// <summary>
/// Identifies a call under ordered dispatch together with the calls nested in it, on both sides of the session. Two objects with
/// the same id stand for the same chain. Thread-safe.
/// </summary>
/// <param name="id">The chain's id; 0 creates the id with the first nested call.</param>
internal sealed class CallChain(ulong id = 0)
{
    // Set once, by Interlocked. Random, since a call that carries the id of a running chain bypasses the queue: a peer must not guess it.
    private ulong _id = id;

    /// <summary>
    /// Creates ids in place of the random number generator, so that a simulation is repeatable: the order of ids decides which chain comes
    /// first. Null otherwise.
    /// </summary>
    internal static Func<ulong>? IdSource { get; set; }

    /// <summary>The chain's id; 0 before the first nested call.</summary>
    public ulong Id => Volatile.Read(ref _id);

    /// <summary>Returns the chain's id and creates it if there is none yet. Never 0.</summary>
    public ulong GetOrCreateId()
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        while (Id == 0)
        {
            RandomNumberGenerator.Fill(random);
            Interlocked.CompareExchange(ref _id, IdSource?.Invoke() ?? BinaryPrimitives.ReadUInt64BigEndian(random), 0);
        }

        return Id;
    }
}

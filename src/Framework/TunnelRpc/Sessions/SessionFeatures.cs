namespace TunnelRpc.Sessions;

/// <summary>What a side can do beyond the least, as it says in HELLO or WELCOME; used where both have it. Bits that are not known are ignored.</summary>
[Flags]
internal enum SessionFeatures : uint
{
    None = 0,

    /// <summary>Takes messages compressed with Brotli.</summary>
    Brotli = 1,

    /// <summary>Of a client: it looks for another path when its own is lost. Without it, the server keeps no session without a path.</summary>
    Resume = 2,
}

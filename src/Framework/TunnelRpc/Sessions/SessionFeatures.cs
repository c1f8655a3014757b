namespace TunnelRpc.Sessions;

/// <summary>
/// The optional features that a side supports, as it states in HELLO or WELCOME. A feature is used if both sides support it. Unknown bits
/// are ignored.
/// </summary>
[Flags]
internal enum SessionFeatures : uint
{
    /// <summary>No optional feature.</summary>
    None = 0,

    /// <summary>The side can decompress Brotli messages.</summary>
    Brotli = 1,

    /// <summary>
    /// The client opens another path when the current one is disconnected. Without it, the server ends a session with its path.
    /// </summary>
    Resume = 2,

    /// <summary>The side understands BLOCKED, and CREDIT that enlarges a window.</summary>
    GrowingWindows = 4,
}

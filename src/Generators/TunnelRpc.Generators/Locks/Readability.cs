namespace TunnelRpc.Generators.Locks;

/// <summary>Whether a receiver can read what a sender writes.</summary>
internal enum Readability
{
    /// <summary>Each value is read as it was written.</summary>
    Always,

    /// <summary>Each value is read, some as another value.</summary>
    Changed,

    /// <summary>Some values are rejected.</summary>
    Sometimes,

    /// <summary>No value, or almost none, is read.</summary>
    Never,
}

namespace TunnelRpc.Generators.Locks;

/// <summary>What a change of a contract does to peers with the other version.</summary>
internal enum LockGrade
{
    /// <summary>No peer that uses what both versions have is affected.</summary>
    Addition,

    /// <summary>Calls work, but a peer may get a value or a behaviour that it does not expect.</summary>
    Surprise,

    /// <summary>Calls that worked fail, or values are lost.</summary>
    Break,
}

namespace TunnelRpc.Multiplexing;

/// <summary>What becomes of a reference that the peer holds.</summary>
internal enum ReferenceChange : byte
{
    /// <summary>It outlives the call that it came with.</summary>
    Retain = 1,

    /// <summary>It is not called any more.</summary>
    Release = 2,
}

namespace TunnelRpc.Multiplexing;

/// <summary>The body of REFERENCE: how the peer continues to use a reference that it has imported.</summary>
internal enum ReferenceChange : byte
{
    /// <summary>The reference outlives the call that transferred it.</summary>
    Retain = 1,

    /// <summary>The peer does not use the reference any more.</summary>
    Release = 2,
}

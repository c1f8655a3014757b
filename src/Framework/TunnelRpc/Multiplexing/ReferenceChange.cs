namespace TunnelRpc.Multiplexing;

/// <summary>The body of REFERENCE: what the peer does with references that this side has passed to it.</summary>
internal enum ReferenceChange : byte
{
    /// <summary>The reference outlives the call that transferred it.</summary>
    Retain = 1,

    /// <summary>The peer does not use the reference any more.</summary>
    Release = 2,

    /// <summary>
    /// The peer has not taken the references of a one-way call, except those that it has retained. The number is the call's stream id.
    /// </summary>
    Refuse = 3,
}

namespace TunnelRpc.Calls;

/// <summary>One of the sessions that a broadcast stub calls.</summary>
/// <param name="SessionId">The session's id.</param>
/// <param name="Invoker">Makes calls to this session only.</param>
/// <param name="Peer">The other side of the session; null for a target that is no session.</param>
internal readonly record struct BroadcastMember(string SessionId, TunnelInvoker Invoker, TunnelPeer? Peer)
{
    /// <summary>Whether calls of a method need no code for each session: no filter, and no reference in the arguments.</summary>
    public bool CanShareMessage(TunnelMethod method) =>
        Peer is not null
        && !method.HasReferences
        && (Invoker is RemoteInvoker || (Invoker is FilteringInvoker filters && !filters.AppliesTo(method)));
}

namespace TunnelRpc;

/// <summary>One of the sessions that a broadcast stub calls.</summary>
/// <param name="SessionId">The session's id.</param>
/// <param name="Invoker">Makes calls to this session only.</param>
internal readonly record struct BroadcastTarget(string SessionId, TunnelInvoker Invoker);

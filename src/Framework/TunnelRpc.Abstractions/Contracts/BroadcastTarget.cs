namespace TunnelRpc;

/// <summary>One of the sessions that a stub calls at once.</summary>
internal readonly record struct BroadcastTarget(string SessionId, TunnelInvoker Invoker);

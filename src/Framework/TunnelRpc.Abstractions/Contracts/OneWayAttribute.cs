namespace TunnelRpc;

/// <summary>
/// Marks a method without a result as one-way: the caller's task completes once the call is handed to the session,
/// no reply is sent, and a failure at the receiver is logged there only.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class OneWayAttribute : Attribute;

namespace TunnelRpc;

/// <summary>
/// Marks a method without a result as one-way: the caller's task completes when the call is handed to the session, the callee sends
/// no reply, and a failure is only logged by the callee.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class OneWayAttribute : Attribute;

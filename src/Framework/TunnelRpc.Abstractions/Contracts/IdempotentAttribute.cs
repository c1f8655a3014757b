namespace TunnelRpc;

/// <summary>
/// Declares that running the method twice has the same effect as running it once. A call whose outcome is
/// <see cref="TunnelCallOutcome.Unknown"/> may then be retried.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class IdempotentAttribute : Attribute;

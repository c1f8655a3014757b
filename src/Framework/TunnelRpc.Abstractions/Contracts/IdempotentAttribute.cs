namespace TunnelRpc;

/// <summary>Running the method twice does what running it once does: a call whose outcome is not known may be made again.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class IdempotentAttribute : Attribute;

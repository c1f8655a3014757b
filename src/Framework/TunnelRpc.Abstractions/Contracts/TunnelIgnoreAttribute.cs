namespace TunnelRpc;

/// <summary>Keeps a member off the wire.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field, Inherited = false)]
public sealed class TunnelIgnoreAttribute : Attribute;

namespace TunnelRpc;

/// <summary>Excludes a member from serialization.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field, Inherited = false)]
public sealed class TunnelIgnoreAttribute : Attribute;

namespace TunnelRpc;

/// <summary>Sets the name of a method on the wire. Required for overloads; also allows renaming a method without breaking peers.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class TunnelMethodAttribute : Attribute
{
    /// <summary>The method's name on the wire. Default: the C# name.</summary>
    public string? Name { get; set; }
}

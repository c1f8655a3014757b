namespace TunnelRpc;

/// <summary>Names a method on the wire; needed to tell overloads apart, useful to rename a method without breaking peers.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class TunnelMethodAttribute : Attribute
{
    /// <summary>The method's name on the wire; the C# name when not given.</summary>
    public string? Name { get; set; }
}

namespace TunnelRpc;

/// <summary>
/// Declares a typed fault of a method, or of all methods of a contract: an implementation throws
/// <see cref="TunnelFaultException{TFault}"/>, and the caller catches the same.
/// </summary>
/// <param name="type">What the fault carries; any type that an argument may have.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Interface, AllowMultiple = true, Inherited = false)]
public sealed class TunnelFaultAttribute(Type type) : Attribute
{
    /// <summary>What the fault carries.</summary>
    public Type Type { get; } = type;

    /// <summary>The fault's name on the wire; the type's full name when not given.</summary>
    public string? Name { get; set; }
}

namespace TunnelRpc;

/// <summary>
/// Declares a typed fault of a method, or of all methods of a contract: the implementation throws
/// <see cref="TunnelFaultException{TFault}"/>, and the caller catches the same exception.
/// </summary>
/// <param name="type">The type of the fault's value. Any type that can be serialized as an argument.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Interface, AllowMultiple = true, Inherited = false)]
public sealed class TunnelFaultAttribute(Type type) : Attribute
{
    /// <summary>The type of the fault's value.</summary>
    public Type Type { get; } = type;

    /// <summary>The fault's name on the wire. Default: the type's full name.</summary>
    public string? Name { get; set; }
}

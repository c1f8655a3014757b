namespace TunnelRpc;

/// <summary>
/// Declares a case of a union on the union's base class or interface. A union is serialized as an array of two elements, [tag, value],
/// without type names. Never reuse a tag.
/// </summary>
/// <param name="tag">The tag that identifies the case on the wire.</param>
/// <param name="type">The case's type. It derives from the annotated type and is not abstract.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface, AllowMultiple = true, Inherited = false)]
public sealed class TunnelUnionAttribute(int tag, Type type) : Attribute
{
    /// <summary>The tag that identifies the case on the wire.</summary>
    public int Tag { get; } = tag;

    /// <summary>The case's type.</summary>
    public Type Type { get; } = type;
}

namespace TunnelRpc;

/// <summary>
/// Lists one case of a union on its base class or interface. A union travels as a two-element array [tag, value], with
/// no type name on the wire. Tags are never reused.
/// </summary>
/// <param name="tag">The case's number.</param>
/// <param name="type">The case: a type assignable to the annotated one.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface, AllowMultiple = true, Inherited = false)]
public sealed class TunnelUnionAttribute(int tag, Type type) : Attribute
{
    /// <summary>The case's number on the wire.</summary>
    public int Tag { get; } = tag;

    /// <summary>The case's type.</summary>
    public Type Type { get; } = type;
}

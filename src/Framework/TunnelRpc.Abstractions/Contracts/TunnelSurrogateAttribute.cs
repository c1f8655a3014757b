namespace TunnelRpc;

// Decision: docs/adr/0086-foreign-types.md
/// <summary>
/// Serializes the values of a type as values of another type, the surrogate, in the contracts of this assembly and of the assemblies that
/// reference it; or those of one member, parameter or result.
/// </summary>
/// <remarks>
/// The conversion is a class or struct, which may be the surrogate itself, with two public or internal methods:
/// <code>
/// static TSurrogate ToSurrogate(T value);
/// static T FromSurrogate(TSurrogate value);
/// </code>
/// The compiler checks them. A conversion may have such methods for several types. Null is not converted: it is nil where the contract
/// allows null. <c>FromSurrogate</c> receives values of an untrusted peer: it throws if a value is out of range, and the call fails.
/// The rules of <see cref="TunnelFormatterAttribute"/> for generic types and for precedence also hold for this attribute.
/// </remarks>
[AttributeUsage(
    AttributeTargets.Assembly | AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Interface
        | AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter | AttributeTargets.ReturnValue,
    AllowMultiple = true,
    Inherited = false)]
public sealed class TunnelSurrogateAttribute : Attribute
{
    /// <summary>Names the conversion of the annotated type, member, parameter or result. For a stream, that of its items.</summary>
    /// <param name="conversion">The type with the methods <c>ToSurrogate</c> and <c>FromSurrogate</c>.</param>
    public TunnelSurrogateAttribute(Type conversion) => Conversion = conversion;

    /// <summary>Names the conversion of a type. For assemblies.</summary>
    /// <param name="type">The type of the values.</param>
    /// <param name="conversion">The type with the methods <c>ToSurrogate</c> and <c>FromSurrogate</c>.</param>
    public TunnelSurrogateAttribute(Type type, Type conversion)
    {
        Type = type;
        Conversion = conversion;
    }

    /// <summary>The type of the values; null if the attribute is on that type, or on a member, parameter or result.</summary>
    public Type? Type { get; }

    /// <summary>The type with the methods <c>ToSurrogate</c> and <c>FromSurrogate</c>.</summary>
    public Type Conversion { get; }
}

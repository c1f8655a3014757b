using TunnelRpc.Serialization;

namespace TunnelRpc;

// Decision: docs/adr/0086-foreign-types.md
/// <summary>
/// Names the formatter of a type, in the contracts of this assembly and of the assemblies that reference it; or of one member, parameter
/// or result. The compiler checks that the formatter fits.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>The formatter implements <see cref="ITunnelFormatter{T}"/> of the type or, with the package TunnelRpc.MessagePack,
/// <c>IMessagePackFormatter&lt;T&gt;</c>.</item>
/// <item>Generated code uses its static member <c>Instance</c> if there is one. Otherwise it calls the constructor with the most parameters
/// whose parameters are all formatters (<see cref="ITunnelFormatter{T}"/> of any types), and passes the formatters of these types.</item>
/// <item>An open generic type (<c>typeof(Box&lt;&gt;)</c>) has an open generic formatter with the same type parameters.</item>
/// <item>An attribute on a member, parameter or result applies to that place. An attribute of the contract's assembly takes precedence over
/// attributes of the type and of referenced assemblies, which must not contradict each other.</item>
/// </list>
/// </remarks>
[AttributeUsage(
    AttributeTargets.Assembly | AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Interface
        | AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter | AttributeTargets.ReturnValue,
    AllowMultiple = true,
    Inherited = false)]
public sealed class TunnelFormatterAttribute : Attribute
{
    /// <summary>Names the formatter of the annotated type, member, parameter or result. For a stream, that of its items.</summary>
    /// <param name="formatter">The type of the formatter.</param>
    public TunnelFormatterAttribute(Type formatter) => Formatter = formatter;

    /// <summary>Names the formatter of a type. For assemblies.</summary>
    /// <param name="type">The type of the values. It may have a built-in formatter, which is then not used.</param>
    /// <param name="formatter">The type of the formatter.</param>
    public TunnelFormatterAttribute(Type type, Type formatter)
    {
        Type = type;
        Formatter = formatter;
    }

    /// <summary>The type of the values; null if the attribute is on that type, or on a member, parameter or result.</summary>
    public Type? Type { get; }

    /// <summary>The type of the formatter.</summary>
    public Type Formatter { get; }
}

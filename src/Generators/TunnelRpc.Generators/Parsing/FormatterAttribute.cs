using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0086-foreign-types.md
/// <summary>An attribute that names the formatter of a type, a member, a parameter or a result, or a conversion to a surrogate.</summary>
/// <param name="Name">The attribute for messages, for example "[TunnelFormatter]".</param>
/// <param name="Type">The type of the values; null if the attribute does not name it.</param>
/// <param name="Formatter">The formatter, or the class with the conversion methods.</param>
/// <param name="IsSurrogate">Whether <paramref name="Formatter"/> has conversion methods.</param>
/// <param name="Arguments">The arguments of the formatter's constructor; default if the attribute has none.</param>
/// <param name="Source">The attribute.</param>
internal sealed record FormatterAttribute(
    string Name,
    ITypeSymbol? Type,
    INamedTypeSymbol Formatter,
    bool IsSurrogate,
    ImmutableArray<TypedConstant> Arguments,
    AttributeData Source)
{
    /// <summary>
    /// Returns the attributes of a type, member, parameter or assembly. The attribute of the package MessagePack counts where there is none
    /// of this framework.
    /// </summary>
    public static IReadOnlyList<FormatterAttribute> Of(ISymbol symbol) => From(symbol.GetAttributes());

    /// <summary>Returns the attributes of a method's result.</summary>
    public static IReadOnlyList<FormatterAttribute> OfResult(IMethodSymbol method) => From(method.GetReturnTypeAttributes());

    /// <summary>Whether both name the same formatter with the same arguments.</summary>
    public bool HasSameFormatter(FormatterAttribute other) =>
        SymbolEqualityComparer.Default.Equals(Formatter, other.Formatter)
        && IsSurrogate == other.IsSurrogate
        && ArgumentsOf(this).SequenceEqual(ArgumentsOf(other));

    /// <summary>Returns where the attribute is; null if the source is not part of the compilation.</summary>
    public Location? FindLocation(Compilation compilation) =>
        Source.ApplicationSyntaxReference is { } reference && compilation.ContainsSyntaxTree(reference.SyntaxTree)
            ? reference.GetSyntax().GetLocation()
            : null;

    private static List<FormatterAttribute> From(ImmutableArray<AttributeData> attributes)
    {
        List<FormatterAttribute>? found = null;
        foreach (AttributeData attribute in attributes)
        {
            if (Create(attribute) is { } created)
            {
                (found ??= []).Add(created);
            }
        }

        if (found is null)
        {
            return [];
        }

        List<FormatterAttribute> own = found.Where(a => a.Name != MessagePackName).ToList();
        return own.Count > 0 ? own : found;
    }

    private const string MessagePackName = "[MessagePackFormatter]";

    private static FormatterAttribute? Create(AttributeData attribute)
    {
        string? name = attribute.AttributeClass?.Name switch
        {
            // The short name is compared first: the full name is costly, and there are many attributes.
            "TunnelFormatterAttribute" or "TunnelSurrogateAttribute" or "MessagePackFormatterAttribute" =>
                attribute.AttributeClass.ToDisplayString(),
            _ => null,
        };
        ImmutableArray<TypedConstant> arguments = attribute.ConstructorArguments;
        if (name is null || arguments.IsEmpty || arguments[0].Kind != TypedConstantKind.Type)
        {
            return null;
        }

        if (name == AttributeNames.MessagePackFormatter)
        {
            ImmutableArray<TypedConstant> given = arguments.Length == 2 && arguments[1] is { Kind: TypedConstantKind.Array, IsNull: false }
                ? arguments[1].Values
                : default;
            return arguments[0].Value is INamedTypeSymbol packageFormatter
                ? new FormatterAttribute(MessagePackName, null, packageFormatter, false, given, attribute)
                : null;
        }

        ITypeSymbol? type = arguments.Length == 2 ? arguments[0].Value as ITypeSymbol : null;
        return arguments[arguments.Length - 1].Value is not INamedTypeSymbol formatter ? null
            : name == AttributeNames.TunnelFormatter
                ? new FormatterAttribute("[TunnelFormatter]", type, formatter, false, default, attribute)
            : name == AttributeNames.TunnelSurrogate
                ? new FormatterAttribute("[TunnelSurrogate]", type, formatter, true, default, attribute)
            : null;
    }

    private static IEnumerable<object?> ArgumentsOf(FormatterAttribute attribute) =>
        attribute.Arguments.IsDefault ? [] : attribute.Arguments.Select(a => a.Kind == TypedConstantKind.Array ? null : a.Value);
}

using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Converts default values to C# expressions.</summary>
internal static class Literals
{
    /// <summary>Returns the default value of a parameter as an expression; null if it has none.</summary>
    public static string? DefaultOf(IParameterSymbol parameter)
    {
        if (!parameter.HasExplicitDefaultValue)
        {
            return null;
        }

        object? value = parameter.ExplicitDefaultValue;
        ITypeSymbol type = parameter.Type;
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            type = nullable.TypeArguments[0];
        }

        return value is null ? "default!" : Of(value, type);
    }

    /// <summary>Returns an argument of an attribute as an expression; null if it is a type or an array.</summary>
    public static string? Of(TypedConstant argument) => argument switch
    {
        { Kind: TypedConstantKind.Array or TypedConstantKind.Type or TypedConstantKind.Error } => null,
        { Value: { } value, Type: { } type } => Of(value, type),
        _ => "null",
    };

    private static string Of(object value, ITypeSymbol type)
    {
        string text = value switch
        {
            string s => SymbolDisplay.FormatLiteral(s, quote: true),
            char c => SymbolDisplay.FormatLiteral(c, quote: true),
            bool b => b ? "true" : "false",
            float f => Special(f, "float") ?? f.ToString("R", CultureInfo.InvariantCulture) + "F",
            double d => Special(d, "double") ?? d.ToString("R", CultureInfo.InvariantCulture) + "D",
            decimal m => m.ToString(CultureInfo.InvariantCulture) + "M",
            ulong u => u.ToString(CultureInfo.InvariantCulture) + "UL",
            long l => l == long.MinValue ? "long.MinValue" : l.ToString(CultureInfo.InvariantCulture) + "L",
            System.DateTime t => $"new global::System.DateTime({t.Ticks.ToString(CultureInfo.InvariantCulture)}L)",
            uint u => u.ToString(CultureInfo.InvariantCulture) + "U",
            _ => ((System.IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        };

        // A literal of a small integer type is an int and needs a cast, like the literal of an enum.
        bool cast = type.TypeKind == TypeKind.Enum || type.SpecialType is
            SpecialType.System_SByte or SpecialType.System_Byte or SpecialType.System_Int16 or SpecialType.System_UInt16;
        return cast ? $"({Names.OfType(type)})({text})" : text;
    }

    /// <summary>
    /// Returns the default value of a parameter as JSON; <c>default</c> for that of a type whose default JSON cannot express; null if it
    /// has none.
    /// </summary>
    public static string? NeutralDefaultOf(IParameterSymbol parameter) => !parameter.HasExplicitDefaultValue
        ? null
        : parameter.ExplicitDefaultValue switch
        {
            null => parameter.Type.IsReferenceType || parameter.Type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T
                ? "null"
                : "default",
            string s => $"\"{string.Concat(s.Select(EscapeForJson))}\"",
            bool b => b ? "true" : "false",
            char c => ((int)c).ToString(CultureInfo.InvariantCulture),
            float f => f.ToString("R", CultureInfo.InvariantCulture),
            double d => d.ToString("R", CultureInfo.InvariantCulture),
            System.DateTime t => $"\"{t.ToString("O", CultureInfo.InvariantCulture)}\"",
            System.IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => "default",
        };

    private static string EscapeForJson(char c) =>
        c is '"' or '\\' ? "\\" + c
        : c < ' ' ? "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture)
        : c.ToString();

    private static string? Special(double value, string type) =>
        double.IsNaN(value) ? type + ".NaN"
        : double.IsPositiveInfinity(value) ? type + ".PositiveInfinity"
        : double.IsNegativeInfinity(value) ? type + ".NegativeInfinity"
        : null;
}

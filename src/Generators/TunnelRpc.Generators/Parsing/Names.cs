using System.Globalization;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace TunnelRpc.Generators.Parsing;

/// <summary>The names of symbols in generated code.</summary>
internal static class Names
{
    private static readonly SymbolDisplayFormat Full = SymbolDisplayFormat.FullyQualifiedFormat.WithMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers
        | SymbolDisplayMiscellaneousOptions.UseSpecialTypes
        | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>
    /// Returns the full name with global::, with the nullable annotations of type arguments and without the annotation of the type itself.
    /// </summary>
    public static string OfType(ITypeSymbol type) => type.WithNullableAnnotation(
        type.IsReferenceType ? NullableAnnotation.NotAnnotated : type.NullableAnnotation).ToDisplayString(Full);

    /// <summary>Returns the full name with global:: and all nullable annotations.</summary>
    public static string OfAnnotatedType(ITypeSymbol type) => type.ToDisplayString(Full);

    /// <summary>
    /// The longest identifier and the longest file name. A name in metadata has at most 1,023 characters, and the name of a file at most
    /// 255 on many file systems.
    /// </summary>
    private const int MaxLength = 200;

    /// <summary>Returns a C# identifier that is unique for the type.</summary>
    public static string Mangle(ITypeSymbol type)
    {
        // No name starts with a digit, so a digit after an underscore marks what is not a part of a name.
        var name = new StringBuilder();
        foreach (char c in type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(Full).Replace("global::", ""))
        {
            name.Append(c switch
            {
                '.' => "_",
                '_' => "_0",
                '<' => "_1of_",
                ',' => "_2and_",
                '>' => "_3",
                '?' => "_4null",
                '[' => "_5array",
                '(' => "_6",
                ')' => "_7",
                '*' => "_8",
                ']' or ' ' or '@' => "",
                _ => c.ToString(),
            });
        }

        return Shorten(name.ToString());
    }

    /// <summary>Returns the name. The end of a long name is replaced by a hash.</summary>
    public static string Shorten(string name)
    {
        if (name.Length <= MaxLength)
        {
            return name;
        }

        string hash = WireHash.Of(name).ToString("x8", CultureInfo.InvariantCulture)
            + WireHash.Of("2" + name).ToString("x8", CultureInfo.InvariantCulture);
        return $"{name.Substring(0, MaxLength - hash.Length - 2)}_9{hash}";
    }

    /// <summary>Returns a file name for the type. Two types may have names that differ only in case.</summary>
    public static string HintNameOf(ITypeSymbol type) => Shorten(string.Concat(
        type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(Full).Replace("global::", "")
            .Select(c => c switch
            {
                '<' => '{',
                '>' => '}',
                '(' or ')' or '[' or ']' or ',' or '.' => c,
                _ => char.IsLetterOrDigit(c) ? c : '_',
            })).Replace("[]", "Array"));

    /// <summary>Returns the name, with @ if it is a keyword.</summary>
    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None
            ? "@" + name
            : name;
}

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

    /// <summary>Returns a C# identifier that is unique for the type.</summary>
    public static string Mangle(ITypeSymbol type)
    {
        var name = new StringBuilder();
        foreach (char c in type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(Full).Replace("global::", ""))
        {
            name.Append(c switch
            {
                '.' => "_",
                // No name starts with a digit, so A_.B and A._B get different identifiers.
                '_' => "_0",
                '<' => "_of_",
                ',' => "_and_",
                '>' => "_",
                '?' => "_or_null",
                '[' => "_array",
                ']' or ' ' or '@' => "",
                '(' or ')' => "_",
                _ => c.ToString(),
            });
        }

        return name.ToString();
    }

    /// <summary>Returns a file name for the type. Two types may have names that differ only in case.</summary>
    public static string HintNameOf(ITypeSymbol type) => string.Concat(
        type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(Full).Replace("global::", "")
            .Select(c => c switch { '<' => '{', '>' => '}', '?' => '_', '@' or ' ' => '_', _ => c })).Replace("[]", "Array");

    /// <summary>Returns the name, with @ if it is a keyword.</summary>
    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None
            ? "@" + name
            : name;
}

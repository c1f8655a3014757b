using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace TunnelRpc.Generators.Parsing;

/// <summary>How symbols are written in generated code.</summary>
internal static class Names
{
    private static readonly SymbolDisplayFormat Full = SymbolDisplayFormat.FullyQualifiedFormat.WithMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers
        | SymbolDisplayMiscellaneousOptions.UseSpecialTypes
        | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>From global::, with nullable annotations inside, but not its own.</summary>
    public static string OfType(ITypeSymbol type) => type.WithNullableAnnotation(
        type.IsReferenceType ? NullableAnnotation.NotAnnotated : type.NullableAnnotation).ToDisplayString(Full);

    /// <summary>From global::, with every nullable annotation.</summary>
    public static string OfAnnotatedType(ITypeSymbol type) => type.ToDisplayString(Full);

    /// <summary>A C# identifier that is different for different types.</summary>
    public static string Mangle(ITypeSymbol type)
    {
        var name = new StringBuilder();
        foreach (char c in type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(Full).Replace("global::", ""))
        {
            name.Append(c switch
            {
                '.' => "_",
                // No name begins with a digit: A_.B and A._B stay different.
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

    /// <summary>A file name that is different for different types.</summary>
    public static string HintNameOf(ITypeSymbol type) => string.Concat(
        type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(Full).Replace("global::", "")
            .Select(c => c switch { '<' => '{', '>' => '}', '?' => '_', '@' or ' ' => '_', _ => c })).Replace("[]", "Array");

    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? "@" + name : name;
}

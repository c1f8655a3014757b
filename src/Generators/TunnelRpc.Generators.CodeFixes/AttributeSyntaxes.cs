using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;
using Microsoft.CodeAnalysis.Text;

namespace TunnelRpc.Generators.CodeFixes;

/// <summary>
/// Adds attributes of TunnelRpc to declarations. Comments stay above the attribute. It gets a line of its own if the declaration has one.
/// </summary>
internal static class AttributeSyntaxes
{
    /// <summary>Adds an attribute to a member.</summary>
    /// <param name="member">The member, in its tree.</param>
    /// <param name="name">The name of the attribute in the namespace TunnelRpc, without the suffix.</param>
    /// <param name="arguments">The arguments in parentheses; empty for none.</param>
    public static MemberDeclarationSyntax AddTo(MemberDeclarationSyntax member, string name, string arguments = "")
    {
        AttributeListSyntax list = Create(name, arguments)
            .WithLeadingTrivia(member.GetLeadingTrivia())
            .WithTrailingTrivia(SeparatorBefore(member));
        MemberDeclarationSyntax rest = member.WithoutLeadingTrivia();
        return rest.WithAttributeLists(rest.AttributeLists.Insert(0, list));
    }

    /// <summary>Adds an attribute to the property of a parameter of a record.</summary>
    public static ParameterSyntax AddToProperty(ParameterSyntax parameter, string name)
    {
        AttributeListSyntax list = Create(name, "")
            .WithTarget(SyntaxFactory.AttributeTargetSpecifier(SyntaxFactory.Token(SyntaxKind.PropertyKeyword))
                .WithTrailingTrivia(SyntaxFactory.Space))
            .WithLeadingTrivia(parameter.GetLeadingTrivia())
            .WithTrailingTrivia(SyntaxFactory.Space);
        ParameterSyntax rest = parameter.WithoutLeadingTrivia();
        return rest.WithAttributeLists(rest.AttributeLists.Insert(0, list));
    }

    private static AttributeListSyntax Create(string name, string arguments)
    {
        AttributeSyntax attribute = SyntaxFactory.Attribute(
            SyntaxFactory.ParseName("global::TunnelRpc." + name).WithAdditionalAnnotations(Simplifier.Annotation),
            arguments.Length == 0 ? null : SyntaxFactory.ParseAttributeArgumentList(arguments));
        return SyntaxFactory.AttributeList(SyntaxFactory.SingletonSeparatedList(attribute));
    }

    /// <summary>A new line and the indentation of the member if it starts its line; otherwise a space.</summary>
    private static SyntaxTriviaList SeparatorBefore(MemberDeclarationSyntax member)
    {
        SourceText text = member.SyntaxTree.GetText();
        TextLine line = text.Lines.GetLineFromPosition(member.SpanStart);
        string before = text.ToString(TextSpan.FromBounds(line.Start, member.SpanStart));
        return before.Any(c => !char.IsWhiteSpace(c))
            ? SyntaxFactory.TriviaList(SyntaxFactory.Space)
            : SyntaxFactory.TriviaList(
                SyntaxFactory.EndOfLine(text.ToString(TextSpan.FromBounds(line.End, line.EndIncludingLineBreak)) is { Length: > 0 } end
                    ? end
                    : "\n"),
                SyntaxFactory.Whitespace(before));
    }
}

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.Analysis;

/// <summary>Finds the part of an expression at which a diagnostic of a call is reported.</summary>
internal static class CallSyntax
{
    /// <summary>Returns the name of the method or property, without the receiver and the arguments.</summary>
    public static SyntaxNode FindName(SyntaxNode expression) => expression switch
    {
        InvocationExpressionSyntax call => FindName(call.Expression),
        MemberAccessExpressionSyntax access => access.Name,
        MemberBindingExpressionSyntax binding => binding.Name,
        _ => expression,
    };
}

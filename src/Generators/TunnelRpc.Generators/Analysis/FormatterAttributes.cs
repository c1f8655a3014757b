using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

/// <summary>
/// Checks the attributes of an assembly that name formatters, also for types that no contract of the assembly uses: contracts of other
/// assemblies may.
/// </summary>
internal static class FormatterAttributes
{
    /// <summary>Checks a list of attributes.</summary>
    /// <param name="context">The list.</param>
    /// <param name="report">Receives the errors.</param>
    public static void Check(SyntaxNodeAnalysisContext context, Action<Diagnostic> report)
    {
        var list = (AttributeListSyntax)context.Node;
        if (list.Target?.Identifier.IsKind(SyntaxKind.AssemblyKeyword) != true)
        {
            return;
        }

        IReadOnlyList<FormatterAttribute> all = FormatterAttribute.Of(context.Compilation.Assembly);
        if (all.Count == 0)
        {
            return;
        }

        var resolver =
            new FormatterResolver(context.Compilation, new GeneratedCodeAccess(context.Compilation, context.Compilation.Assembly));
        foreach (FormatterAttribute attribute in all.Where(a => a.Source.ApplicationSyntaxReference?.GetSyntax().Parent == list))
        {
            Location location = attribute.FindLocation(context.Compilation) ?? list.GetLocation();
            string formatter = attribute.Formatter.ToDisplayString();
            if (attribute.Type is not { } type)
            {
                const string Problem =
                    "an attribute of an assembly names the type, too: [assembly: TunnelFormatter(typeof(Type), typeof(Formatter))]";
                report(Diagnostic.Create(Rules.FormatterMismatch, location, formatter, "(none)", Problem));
                continue;
            }

            if (type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T)
            {
                const string Problem = "name the type without '?'; null is nil where the contract allows it";
                report(Diagnostic.Create(Rules.FormatterMismatch, location, formatter, type.ToDisplayString(), Problem));
                continue;
            }

            if (all.TakeWhile(a => a != attribute).FirstOrDefault(a => IsSameType(a.Type, type)) is { } first
                && !attribute.HasSameFormatter(first))
            {
                report(Diagnostic.Create(
                    Rules.FormatterConflict, location, type.ToDisplayString(), first.Formatter.ToDisplayString(), formatter));
            }

            ITypeSymbol definition = type is INamedTypeSymbol { IsUnboundGenericType: true } ? type.OriginalDefinition : type;
            FormatterPlan plan = resolver.Resolve(definition, attribute);
            if (plan.Problem is not null)
            {
                report(Diagnostic.Create(Rules.FormatterMismatch, location, formatter, definition.ToDisplayString(), plan.Problem));
            }
        }
    }

    private static bool IsSameType(ITypeSymbol? one, ITypeSymbol other) =>
        SymbolEqualityComparer.Default.Equals(one, other)
        || (one is INamedTypeSymbol { IsUnboundGenericType: true }
            && other is INamedTypeSymbol { IsUnboundGenericType: true }
            && SymbolEqualityComparer.Default.Equals(one.OriginalDefinition, other.OriginalDefinition));
}

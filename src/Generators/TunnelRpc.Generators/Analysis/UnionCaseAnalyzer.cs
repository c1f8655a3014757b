using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

// Decision: docs/adr/0085-rules-for-code-that-uses-contracts.md
/// <summary>Reports classes that are a case of a union and are not sealed, unless another case derives from them.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class UnionCaseAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = ImmutableArray.Create(Rules.UnionCaseNotSealed);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Check, SymbolKind.NamedType);
    }

    private static void Check(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type is not { TypeKind: TypeKind.Class, IsSealed: false, IsAbstract: false, IsStatic: false })
        {
            return;
        }

        foreach (INamedTypeSymbol union in TypeMembers.SelfAndBases(type).Skip(1).Concat(type.AllInterfaces))
        {
            List<INamedTypeSymbol> cases = [.. UnionParser.ListedBy(union, AttributeNames.TunnelUnion).Select(c => c.Case)];
            if (cases.Contains(type, SymbolEqualityComparer.Default)
                && !cases.Any(c => TypeMembers.SelfAndBases(c).Skip(1).Contains(type, SymbolEqualityComparer.Default)))
            {
                context.ReportDiagnostic(Diagnostic.Create(Rules.UnionCaseNotSealed, type.Locations[0], type.Name, union.Name));
                return;
            }
        }
    }
}

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

/// <summary>Reports every contract that the generator leaves out, by the parser's own rules: a broken contract is an error with a place, never silence.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ContractAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => Rules.All;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            // Types are analyzed in any order and at once.
            var contracts = new ConcurrentBag<INamedTypeSymbol>();
            start.RegisterSymbolAction(
                symbol =>
                {
                    var type = (INamedTypeSymbol)symbol.Symbol;
                    if (type.TypeKind == TypeKind.Interface && AttributeNames.Find(type, AttributeNames.TunnelService) is not null)
                    {
                        contracts.Add(type);
                        new ContractParser(symbol.ReportDiagnostic, symbol.CancellationToken).Parse(type);
                    }
                },
                SymbolKind.NamedType);
            start.RegisterCompilationEndAction(end => ReportDuplicateServices(contracts, end.ReportDiagnostic));
        });
    }

    /// <summary>Of the services of one name the first in the order of the source has it, whatever the order of analysis was.</summary>
    private static void ReportDuplicateServices(IEnumerable<INamedTypeSymbol> contracts, Action<Diagnostic> report)
    {
        var problems = new DiagnosticReporter(report);
        foreach (IGrouping<string, INamedTypeSymbol> same in contracts.GroupBy(WireNames.OfService, StringComparer.Ordinal))
        {
            List<INamedTypeSymbol> ordered = same
                .OrderBy(c => c.Locations[0].SourceTree?.FilePath, StringComparer.Ordinal)
                .ThenBy(c => c.Locations[0].SourceSpan.Start)
                .ToList();
            foreach (INamedTypeSymbol further in ordered.Skip(1))
            {
                problems.Report(Rules.DuplicateService, further, ordered[0].ToDisplayString(), further.ToDisplayString(), same.Key);
            }
        }
    }
}

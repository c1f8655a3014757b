using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

/// <summary>
/// Reports the errors of every contract, and of code that needs a contract and names none. It uses the parser of the generator, so that
/// each contract that the generator does not implement has an error with a location.
/// </summary>
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
            if (!start.Compilation.GetTypesByMetadataName(AttributeNames.TunnelService).IsEmpty)
            {
                start.RegisterSyntaxNodeAction(ContractArguments.Check, SyntaxKind.GenericName);
            }

            // The compiler analyzes types concurrently and in any order.
            var contracts = new ConcurrentBag<INamedTypeSymbol>();
            start.RegisterSymbolAction(
                symbol =>
                {
                    var type = (INamedTypeSymbol)symbol.Symbol;
                    if (type.TypeKind == TypeKind.Interface && AttributeNames.Find(type, AttributeNames.TunnelService) is not null)
                    {
                        contracts.Add(type);
                        new ContractParser(symbol.Compilation, symbol.ReportDiagnostic, symbol.CancellationToken).Parse(type);
                    }
                },
                SymbolKind.NamedType);
            start.RegisterCompilationEndAction(end => ReportDuplicateServices(contracts, end.ReportDiagnostic));
        });
    }

    /// <summary>
    /// Reports services with the same name. The first in source order keeps the name, independent of the order of the analysis.
    /// </summary>
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

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using TunnelRpc.Generators.Caching;
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
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = Rules.OfContracts.Add(Rules.NotSent);

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

            // Several contracts may use a type whose formatter has an error, or of which a part is not sent. It is reported once.
            var ofTypes = new ConcurrentDictionary<Location, bool>();
            start.RegisterSyntaxNodeAction(
                node => FormatterAttributes.Check(node, error => Report(error, node.ReportDiagnostic)), SyntaxKind.AttributeList);

            // What the generator has found to be valid in the same process is not parsed again.
            var names = new Lazy<DeclaredNames>(() => DeclaredNames.WithoutGenerated(start.Compilation, CancellationToken.None));

            // The compiler analyzes types concurrently and in any order.
            var contracts = new ConcurrentBag<INamedTypeSymbol>();
            start.RegisterSymbolAction(
                symbol =>
                {
                    var type = (INamedTypeSymbol)symbol.Symbol;
                    if (type.TypeKind == TypeKind.Interface && AttributeNames.Find(type, AttributeNames.TunnelService) is { } attribute)
                    {
                        contracts.Add(type);
                        if (ContractCache.FindValid(attribute, symbol.Compilation, names.Value, symbol.CancellationToken) is null)
                        {
                            new ContractParser(
                                symbol.Compilation, error => Report(error, symbol.ReportDiagnostic), symbol.CancellationToken).Parse(type);
                        }
                    }
                },
                SymbolKind.NamedType);
            start.RegisterCompilationEndAction(end => ReportDuplicateServices(contracts, end.ReportDiagnostic));

            void Report(Diagnostic error, Action<Diagnostic> report)
            {
                bool isOfType = error.Id == Rules.FormatterMismatch.Id
                    || error.Id == Rules.FormatterConflict.Id
                    || error.Id == Rules.NotSent.Id;
                if (!isOfType || ofTypes.TryAdd(error.Location, true))
                {
                    report(error);
                }
            }
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

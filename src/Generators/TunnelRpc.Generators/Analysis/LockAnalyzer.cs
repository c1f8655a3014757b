using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using TunnelRpc.Generators.Caching;
using TunnelRpc.Generators.Emission;
using TunnelRpc.Generators.Locks;
using TunnelRpc.Generators.Model;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

/// <summary>
/// Compares each contract with the lock of the project, if the project has one. The facts are those of the model from which the code is
/// generated. It never writes the lock.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LockAnalyzer : DiagnosticAnalyzer
{
    /// <summary>The property of a diagnostic with the facts that the lock does not have, one in a line.</summary>
    public const string FactsProperty = "Facts";

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => LockRules.All;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(Start);
    }

    private static void Start(CompilationStartAnalysisContext context)
    {
        AdditionalText? file = context.Options.AdditionalFiles.FirstOrDefault(f => Path.GetFileName(f.Path) == LockFile.FileName);
        if (file?.GetText(context.CancellationToken) is not { } text)
        {
            return;
        }

        LockFile contractLock;
        try
        {
            contractLock = LockFile.Parse(text.ToString());
        }
        catch (LockFormatException error)
        {
            Location place = LocationOf(file, text, error.Line);
            var unreadable = Diagnostic.Create(LockRules.Unreadable, place, error.Message);
            context.RegisterCompilationEndAction(end => end.ReportDiagnostic(unreadable));
            return;
        }

        var names = new Lazy<DeclaredNames>(() => DeclaredNames.WithoutGenerated(context.Compilation, CancellationToken.None));

        // The compiler analyzes types concurrently.
        var services = new ConcurrentBag<string>();
        context.RegisterSymbolAction(
            symbol =>
            {
                var type = (INamedTypeSymbol)symbol.Symbol;
                if (type.TypeKind == TypeKind.Interface && AttributeNames.Find(type, AttributeNames.TunnelService) is { } attribute)
                {
                    services.Add(LockText.Encode(WireNames.OfService(type)));
                    ServiceModel? service =
                        ContractCache.FindValid(attribute, symbol.Compilation, names.Value, symbol.CancellationToken)
                        ?? new ContractParser(symbol.Compilation, null, symbol.CancellationToken).Parse(type);
                    if (service is { HasErrors: false })
                    {
                        Compare(type, service, contractLock.Model, symbol);
                    }
                }
            },
            SymbolKind.NamedType);
        context.RegisterCompilationEndAction(end =>
        {
            var present = new HashSet<string>(services, StringComparer.Ordinal);
            foreach (LockSubject removed in contractLock.Model.Services.Where(s => !present.Contains(s.Head.Subject)))
            {
                LockDifference difference = LockComparison.ServiceRemoved(removed);
                end.ReportDiagnostic(Diagnostic.Create(
                    LockRules.Breaks, LocationOf(file, text, contractLock.LineOf(removed.Head)), difference.Message));
            }
        });
    }

    private static void Compare(INamedTypeSymbol contract, ServiceModel service, LockModel contractLock, SymbolAnalysisContext context)
    {
        IReadOnlyList<LockDifference> differences;
        try
        {
            differences = LockComparison.CompareServicesOf(contractLock, new LockModel(ContractFacts.Of(service)));
        }
        catch (LockFormatException error)
        {
            context.ReportDiagnostic(Diagnostic.Create(LockRules.Unreadable, contract.Locations[0], error.Message));
            return;
        }

        foreach (LockDifference difference in differences.Where(d => d.Grade != LockGrade.Addition))
        {
            DiagnosticDescriptor rule = difference.Grade == LockGrade.Break ? LockRules.Breaks : LockRules.Surprises;
            context.ReportDiagnostic(Diagnostic.Create(rule, LocationOf(contract, service, difference.Subject), difference.Message));
        }

        foreach (IGrouping<LockFact, LockDifference> added in differences
            .Where(d => d.Grade == LockGrade.Addition).GroupBy(d => d.Subject))
        {
            int others = added.Count() - 1;
            context.ReportDiagnostic(Diagnostic.Create(
                LockRules.NotLocked,
                LocationOf(contract, service, added.Key),
                ImmutableDictionary<string, string?>.Empty.Add(FactsProperty, string.Join("\n", added.Select(d => d.New!.Text))),
                LockText.Show(LockText.Decode(added.Key.Subject)),
                added.First().Message,
                others == 0 ? "" : others == 1 ? " There is 1 other difference." : $" There are {others} other differences."));
        }
    }

    /// <summary>The place of a method that the contract itself declares; otherwise that of the contract.</summary>
    private static Location LocationOf(INamedTypeSymbol contract, ServiceModel service, LockFact subject)
    {
        MethodModel? model = service.Methods.FirstOrDefault(m => ContractFacts.SubjectOf(service, m) == subject.Subject);
        ISymbol? method = model is null ? null : contract.GetMembers().OfType<IMethodSymbol>()
            .FirstOrDefault(m => m.OriginalDefinition.GetDocumentationCommentId() == model.DocumentationId);
        return (method ?? contract).Locations[0];
    }

    private static Location LocationOf(AdditionalText file, SourceText text, int line)
    {
        TextSpan span = line > 0 && line <= text.Lines.Count ? text.Lines[line - 1].Span : default;
        return Location.Create(file.Path, span, text.Lines.GetLinePositionSpan(span));
    }
}

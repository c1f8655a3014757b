using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

// Decision: docs/adr/0085-rules-for-code-that-uses-contracts.md
/// <summary>
/// Reports dictionaries and sets that are decoded with the predictable hash codes of a type of the application: in the arguments of each
/// contract, and in the results of a callback contract, which a client sends to the server.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class KeyHashAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = ImmutableArray.Create(Rules.PredictableKeys);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            // Several contracts may use a type, and each place is reported once.
            var reported = new ConcurrentDictionary<(Location, string), bool>();
            start.RegisterSymbolAction(symbol => Check(symbol, reported), SymbolKind.NamedType);
        });
    }

    private static void Check(SymbolAnalysisContext context, ConcurrentDictionary<(Location, string), bool> reported)
    {
        var contract = (INamedTypeSymbol)context.Symbol;
        if (!ContractTypes.IsContract(contract))
        {
            return;
        }

        var finder = new HashedKeyFinder(contract.ContainingAssembly, Report);
        foreach (IMethodSymbol method in Inheritance.BasesOf(contract).Prepend(contract).SelectMany(MethodsOf))
        {
            foreach (IParameterSymbol parameter in method.Parameters)
            {
                finder.Visit(parameter.Type, Inheritance.DiagnosticSymbolOf(parameter, method, contract), parameter.Name);
            }
        }

        if (AttributeNames.Find(contract, AttributeNames.TunnelService)?.Named("Callback") is INamedTypeSymbol callback)
        {
            foreach (IMethodSymbol method in Inheritance.BasesOf(callback).Prepend(callback).SelectMany(MethodsOf))
            {
                bool hasSource = SymbolEqualityComparer.Default.Equals(method.ContainingAssembly, contract.ContainingAssembly);
                finder.Visit(method.ReturnType, hasSource ? method : contract, "the result of " + method.Name);
            }
        }

        void Report(ISymbol place, string name, ITypeSymbol key)
        {
            Location location = place.Locations.FirstOrDefault(l => l.IsInSource) ?? Location.None;
            string type = key.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);
            if (reported.TryAdd((location, type), true))
            {
                context.ReportDiagnostic(Diagnostic.Create(Rules.PredictableKeys, location, name, type));
            }
        }
    }

    private static IEnumerable<IMethodSymbol> MethodsOf(INamedTypeSymbol type) => type.GetMembers().OfType<IMethodSymbol>();
}
